/**
 * What a process holds of the memory that it takes from glibc, which freeing does not always give back. Blocks below
 * a threshold are cut from one stretch that only its end can leave: the smallest hole that fits, else the end grows.
 * Larger ones are mapped and unmapped each for itself; freeing one of those raises the threshold to its size (glibc's
 * `M_MMAP_THRESHOLD`, which ends at 32 MiB), so that the next of its kind come from the stretch.
 */
export class CHeap {
  /** In the order of addresses; the last one that is used is the end of the stretch. */
  private readonly chunks: Block[] = [];
  private mapped = 0;
  private mapsFrom = 128 * 1024;
  /** Bytes of the stretch that were touched, and not given back since. */
  private stretch = 0;
  private most = 0;

  /** Bytes that were held at most since `forget`. */
  get peak(): bigint {
    return BigInt(this.most);
  }

  /** Begins to look for the peak anew, from what is held now. */
  forget(): void {
    this.most = this.mapped + this.stretch;
  }

  /**
   * Takes memory that is written at once. An `aligned` block (`posix_memalign`) asks for room to move in, so that a
   * hole of its own size is too small.
   */
  take(size: bigint, aligned: boolean): Block {
    const block = this.place(Number(size), aligned ? ALIGNING : 0);
    this.most = Math.max(this.most, this.mapped + this.stretch);
    return block;
  }

  give(block: Block): void {
    if (block.mapped) {
      this.mapped -= block.size;
      if (block.size > this.mapsFrom && block.size <= MAPS_FROM_AT_MOST) this.mapsFrom = block.size;
      return;
    }
    block.free = true;
    const at = this.chunks.indexOf(block);
    this.merge(at);
    if (at > 0) this.merge(at - 1);
    // Free memory at the end is no chunk but room to grow; twice the threshold of it is too much to keep.
    if (this.chunks.at(-1)?.free) this.chunks.pop();
    const end = this.chunks.reduce((sum, { size }) => sum + size, 0);
    if (this.stretch - end >= 2 * this.mapsFrom) this.stretch = end;
  }

  private place(size: number, slack: number): Block {
    let hole: Block | undefined;
    for (const chunk of this.chunks)
      if (chunk.free && chunk.size >= size + slack && (!hole || chunk.size < hole.size)) hole = chunk;
    if (hole) {
      const rest = hole.size - size;
      hole.size = size;
      hole.free = false;
      if (rest > 0)
        this.chunks.splice(this.chunks.indexOf(hole) + 1, 0, { size: rest, free: true, mapped: false });
      return hole;
    }
    const end = this.chunks.reduce((sum, chunk) => sum + chunk.size, 0);
    const block = { size, free: false, mapped: size >= this.mapsFrom && end + size + slack > this.stretch };
    if (block.mapped) this.mapped += size;
    else {
      this.chunks.push(block);
      this.stretch = Math.max(this.stretch, end + size);
    }
    return block;
  }

  /** Two holes beside each other are one. */
  private merge(at: number): void {
    const [chunk, next] = [this.chunks[at], this.chunks[at + 1]];
    if (!chunk?.free || !next?.free) return;
    chunk.size += next.size;
    this.chunks.splice(at + 1, 1);
  }
}

export interface Block {
  size: number;
  free: boolean;
  readonly mapped: boolean;
}

const MAPS_FROM_AT_MOST = 32 * 2 ** 20;
/** Bytes that an aligned block asks for beside its own: 64 to move in, 32 of the least chunk. */
const ALIGNING = 96;
