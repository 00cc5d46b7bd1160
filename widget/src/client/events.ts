/** Server-sent events over `fetch`, which can carry the visitor's token in a header; EventSource cannot. */

/** One event of a stream. */
export interface ServerEvent {
  name: string;
  data: string;
}

const SILENCE = 40_000; // milliseconds without a byte, after which the line is taken to be dead

/** Hands over the events of a stream until it ends; rejects when it breaks or falls silent. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  abort: AbortController,
  take: (event: ServerEvent) => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const parser = new EventParser(take);
  for (;;) {
    const timer = setTimeout(() => abort.abort(), SILENCE);
    try {
      const { done, value } = await reader.read();
      if (done) return;
      parser.add(value);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Puts events together from pieces that were cut anywhere. */
export class EventParser {
  private rest = "";
  private name = "message";
  private data: string[] = [];

  constructor(private readonly take: (event: ServerEvent) => void) {}

  add(piece: string): void {
    // A CR at the end may be half of a CRLF: it waits for what follows.
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === "") {
      if (this.data.length) this.take({ name: this.name, data: this.data.join("\n") });
      this.name = "message";
      this.data = [];
      return;
    }
    const [field, value] = split(line);
    if (field === "event") this.name = value;
    else if (field === "data") this.data.push(value);
  }
}

function split(line: string): [string, string] {
  const colon = line.indexOf(":");
  if (colon < 0) return [line, ""];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(" ") ? value.slice(1) : value];
}
