// Volumes come from this server once for each content: their address names it.

const KEPT = 4;
const fetched = new Map<string, Promise<ArrayBuffer>>();

export function bytesOf(address: string): Promise<ArrayBuffer> {
  const known = fetched.get(address);
  if (known) return known;
  const coming = load(address);
  fetched.set(address, coming);
  coming.catch(() => fetched.delete(address));
  for (const old of [...fetched.keys()].slice(0, -KEPT)) fetched.delete(old);
  return coming;
}

async function load(address: string): Promise<ArrayBuffer> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

export async function unzipped(bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

// The place of the voxels in the patient, out of another header's rows of the sform and sizes.
const HEADER = 352;
const SIZES = [76, 108] as const;
const ROWS = [280, 328] as const;

export function placed(volume: ArrayBuffer, header: string | null): ArrayBuffer {
  if (header === null) return volume;
  const copy = new Uint8Array(volume.slice(0));
  const other = Uint8Array.from(atob(header), (letter) => letter.charCodeAt(0));
  for (const [start, end] of [SIZES, ROWS]) copy.set(other.subarray(start, end), start);
  return copy.buffer;
}

// Masks of slices as a volume on the voxels of another one, whose header it takes over.
export function onVoxels(volume: ArrayBuffer, masks: Map<number, Uint8Array>): ArrayBuffer {
  const head = new DataView(volume.slice(0, HEADER));
  const voxels = [1, 2, 3].reduce((all, side) => all * head.getInt16(40 + 2 * side, true), 1);
  head.setInt16(70, 2, true); // uint8
  head.setInt16(72, 8, true);
  head.setFloat32(124, 1, true); // highest and lowest level
  head.setFloat32(128, 0, true);
  const drawn = new Uint8Array(HEADER + voxels);
  drawn.set(new Uint8Array(head.buffer));
  for (const [slice, mask] of masks) drawn.set(mask, HEADER + (slice - 1) * mask.length);
  return drawn.buffer;
}
