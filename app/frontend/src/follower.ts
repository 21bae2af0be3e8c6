// A value that both the reader's hand and Streamlit set. While the hand is ahead, what Streamlit
// tells is an echo of what it was told before, and must not pull the picture back.

export class Follower<T> {
  private told = "";
  private sent: string[] = [];

  constructor(public value: T) {}

  // Streamlit's value: taken over where it is news. Returns whether it was.
  hear(value: T): boolean {
    const told = JSON.stringify(value);
    if (told === this.told) return false;
    this.told = told;
    const place = this.sent.indexOf(told);
    if (place >= 0) {
      this.sent.splice(0, place + 1);
      return false;
    }
    this.sent = [];
    this.value = value;
    return true;
  }

  // The reader's value, on its way to Streamlit. Returns whether Streamlit does not know it yet.
  tell(): boolean {
    const value = JSON.stringify(this.value);
    const last = this.sent.at(-1) ?? this.told;
    if (value === last) return false;
    this.sent.push(value);
    return true;
  }
}
