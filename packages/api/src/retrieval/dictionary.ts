/**
 * Words numbered from 1 on, kept as UTF-8 in one arena. A Map of strings took 1.7 times as long, leaves millions of strings to the collector,
 * and stands still whenever it grows.
 */
export type Dictionary = {
  /** The number of the word `bytes[start, end)`, a new one if it is new. */
  add(bytes: Uint8Array, start: number, end: number): number;
  /** 0 when the word is not in it. */
  get(word: string): number;
  size(): number;
  /** What it holds in memory. */
  bytes(): number;
};

/** An empty dictionary. */
export function createDictionary(): Dictionary {
  let size = 0;
  let arena = new Uint8Array(1 << 12);
  let ends = new Uint32Array(1 << 8);
  let hashes = new Uint32Array(1 << 8);
  /** Open addressing; at most half full. */
  let table = new Uint32Array(1 << 9);

  function find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = table.length - 1;
    let slot = hash & mask;
    for (let id = table[slot]!; id > 0; id = table[slot]!) {
      if (hashes[id] === hash && equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & mask;
    }
    return -1 - slot;
  }

  function equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = ends[id - 1]!;
    if (ends[id]! - from !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (arena[from + i] !== bytes[start + i]) return false;
    return true;
  }

  function grow(): void {
    ends = resized(ends);
    hashes = resized(hashes);
    table = new Uint32Array(table.length * 2);
    const mask = table.length - 1;
    for (let id = 1; id <= size; id++) {
      let slot = hashes[id]! & mask;
      while (table[slot]! > 0) slot = (slot + 1) & mask;
      table[slot] = id;
    }
  }

  return {
    add(bytes, start, end) {
      const hash = hashOf(bytes, start, end);
      const known = find(bytes, start, end, hash);
      if (known > 0) return known;
      const from = ends[size]!;
      const id = ++size;
      table[-1 - known] = id;
      while (from + end - start > arena.length) {
        const larger = new Uint8Array(arena.length * 2);
        larger.set(arena);
        arena = larger;
      }
      for (let i = start; i < end; i++) arena[from + i - start] = bytes[i]!;
      ends[id] = from + end - start;
      hashes[id] = hash;
      if (size + 1 === ends.length) grow();
      return id;
    },
    get(word) {
      const bytes = Buffer.from(word);
      return Math.max(0, find(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length)));
    },
    size: () => size,
    bytes: () => arena.length + 8 * ends.length + 4 * table.length,
  };
}

/** FNV-1a with a last mix, since the table takes the low bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function resized(old: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(old.length * 2);
  larger.set(old);
  return larger;
}
