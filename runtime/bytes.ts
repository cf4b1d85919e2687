/** Text as token ids: its bytes in UTF-8. */
export function encodeBytes(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/**
 * Token ids as text: 0 … 255 are bytes of UTF-8 (what is not valid shows as �), others are shown as `⟨id⟩`. Feed ids
 * as they come; a character that is not complete yet is held back until `end`.
 */
export class ByteDecoder {
  private decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** The text that these ids complete. */
  push(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) {
      if (id >= 0 && id < 256) text += this.decoder.decode(Uint8Array.of(id), { stream: true });
      else text += `${this.end()}⟨${id}⟩`;
    }
    return text;
  }

  /** What was held back. */
  end(): string {
    const text = this.decoder.decode();
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return text;
  }
}

/** All ids at once. */
export function decodeBytes(ids: Iterable<number>): string {
  const decoder = new ByteDecoder();
  return decoder.push(ids) + decoder.end();
}
