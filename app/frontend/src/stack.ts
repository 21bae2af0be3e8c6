// Which slice of the stack is on screen, and where the crosshair of the planes is.

import type { Component, Data, Volume } from "./data";
import { Follower } from "./follower";
import type { Scene } from "./pane";

const TELL_SLICE_MS = 200;

export class Stack {
  at: Scene["at"] = [0.5, 0.5, 0.5];
  private slice = new Follower(1);
  private component!: Component;
  private timer = 0;

  constructor(private readonly refresh: () => void) {}

  show(component: Component): void {
    const before = this.component?.data.id;
    const { id, volume } = component.data;
    this.component = component;
    if (before !== id) this.slice = new Follower(volume?.number ?? 1);
    if (volume && this.slice.hear(volume.number)) this.follow();
  }

  // The slice, from 1.
  get number(): number {
    return this.slice.value;
  }

  get scrolls(): boolean {
    return (this.volume?.slices ?? 1) > 1;
  }

  // Whether the slice on screen is another one than the marks belong to.
  get away(): boolean {
    return this.number !== (this.volume?.number ?? 1);
  }

  // Middle of the slice, 0..1 of the stack.
  get share(): number {
    return (this.number - 0.5) / (this.volume?.slices ?? 1);
  }

  // "n/N", or "" for a single slice.
  get place(): string {
    return this.scrolls ? `${this.number}/${this.volume!.slices}` : "";
  }

  // Goes some slices further; Streamlit is told when the wheel rests.
  step(slices: number): boolean {
    if (!this.volume || !this.scrolls) return false;
    this.set(this.number + slices);
    this.follow();
    return true;
  }

  // Puts the crosshair on the slice, along the axis that the slices lie along.
  follow(): void {
    if (!this.volume) return;
    const { axis, forward } = this.volume.patient ?? { axis: 2, forward: true };
    this.at[axis] = forward ? this.share : 1 - this.share;
  }

  // Puts the slice under the crosshair.
  goTo(at: Scene["at"]): void {
    this.at = at;
    if (!this.volume?.patient) return;
    const { axis, forward } = this.volume.patient;
    this.set(Math.ceil((forward ? at[axis]! : 1 - at[axis]!) * this.volume.slices));
  }

  private get data(): Data {
    return this.component.data;
  }

  private get volume(): Volume | null {
    return this.data.volume;
  }

  private set(number: number): void {
    this.slice.value = Math.min(Math.max(number, 1), this.volume!.slices);
    clearTimeout(this.timer);
    const { id } = this.data;
    this.timer = window.setTimeout(() => {
      if (this.data.id === id && this.slice.tell())
        this.component.setTriggerValue("slice", [id, this.slice.value]);
    }, TELL_SLICE_MS);
    this.refresh();
  }
}
