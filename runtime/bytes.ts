/** Text as token ids: its bytes in UTF-8. */
export function encodeBytes(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

/**
 * Token ids as text: 0 … 255 are bytes of UTF-8 (invalid ones become �), others are shown as `⟨id⟩`. Ids can
 * come in any portions; an incomplete character is held back until it is complete, or until `end`.
 */
export class ByteDecoder {
  private decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  /** The text completed by these ids. */
  push(ids: Iterable<number>): string {
    let text = "";
    for (const id of ids) {
      if (id >= 0 && id < 256) text += this.decoder.decode(Uint8Array.of(id), { stream: true });
      else text += `${this.end()}⟨${id}⟩`;
    }
    return text;
  }

  /** The rest that was held back. */
  end(): string {
    const text = this.decoder.decode();
    this.decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return text;
  }
}

/** The text of all ids at once. */
export function decodeBytes(ids: Iterable<number>): string {
  const decoder = new ByteDecoder();
  return decoder.push(ids) + decoder.end();
}
