/** What the threads of one file share: slots for chunks of it, and where each thread stands. */
export interface Shared {
  readonly memory: SharedArrayBuffer;
  readonly state: SharedArrayBuffer;
  /** Bytes of a slot. */
  readonly slot: number;
}

/**
 * Those who take every chunk: a slot is free again when both have had its chunk. Both go in order, but a chunk may be
 * written before it is filled for the other.
 */
export type Taker = "hash" | "write";

/** Places in the state; behind them, for each slot, the number after its chunk's and the chunk's bytes. */
const [CHANGES, CLAIMED, HASHED, WRITTEN, TOTAL, SLOTS] = [0, 1, 2, 3, 4, 5];
const taken: Readonly<Record<Taker, number>> = { hash: HASHED, write: WRITTEN };
const UNKNOWN = 0x7fffffff;

/** A ring of slots that `total` chunks pass through; without it, until `end` is called. */
export function makeRing(slots: number, slot: number, total = UNKNOWN): Shared {
  const state = new SharedArrayBuffer(4 * (SLOTS + 2 * slots));
  new Int32Array(state)[TOTAL] = total;
  return { memory: new SharedArrayBuffer(slots * slot), state, slot };
}

/** One thread's hold on a ring. */
export class Ring {
  private readonly state: Int32Array;
  private readonly slots: number;

  constructor(private readonly shared: Shared) {
    this.state = new Int32Array(shared.state);
    this.slots = shared.memory.byteLength / shared.slot;
  }

  /** The number of a chunk that is this thread's to fill; undefined while no slot is free, or where none is left. */
  claim(): number | undefined {
    for (;;) {
      const chunk = this.at(CLAIMED);
      if (chunk >= Math.min(this.at(TOTAL), this.at(HASHED) + this.slots, this.at(WRITTEN) + this.slots))
        return undefined;
      if (Atomics.compareExchange(this.state, CLAIMED, chunk, chunk + 1) === chunk) return chunk;
    }
  }

  /** The memory of a chunk. */
  slotOf(chunk: number): Uint8Array {
    return new Uint8Array(this.shared.memory, (chunk % this.slots) * this.shared.slot, this.shared.slot);
  }

  /** A claimed chunk is ready, in the first `bytes` of its slot. */
  fill(chunk: number, bytes: number): void {
    const place = SLOTS + 2 * (chunk % this.slots);
    Atomics.store(this.state, place + 1, bytes);
    Atomics.store(this.state, place, chunk + 1);
    this.change();
  }

  /** The next chunk of a taker, where it is ready. */
  next(taker: Taker): Uint8Array | undefined {
    const chunk = this.at(taken[taker]);
    const place = SLOTS + 2 * (chunk % this.slots);
    if (this.at(place) !== chunk + 1) return undefined;
    return this.slotOf(chunk).subarray(0, this.at(place + 1));
  }

  /** The taker is done with a chunk. */
  took(taker: Taker): void {
    Atomics.add(this.state, taken[taker], 1);
    this.change();
  }

  /** No more chunks than were claimed. */
  end(): void {
    Atomics.store(this.state, TOTAL, this.at(CLAIMED));
    this.change();
  }

  /** Whether a taker has had every chunk. */
  isThrough(taker: Taker): boolean {
    return this.at(taken[taker]) === this.at(TOTAL);
  }

  /** Whether every chunk is claimed. */
  isClaimed(): boolean {
    return this.at(CLAIMED) >= this.at(TOTAL);
  }

  /** What `wait` is given: read before looking for work, so that no change is missed between. */
  changes(): number {
    return this.at(CHANGES);
  }

  /** Sleeps until something has changed since `changes` said so. */
  wait(seen: number): void {
    Atomics.wait(this.state, CHANGES, seen);
  }

  private at(place: number): number {
    return Atomics.load(this.state, place);
  }

  private change(): void {
    Atomics.add(this.state, CHANGES, 1);
    Atomics.notify(this.state, CHANGES);
  }
}
