// Lines of plates on their way to the manager: one body of several pieces, and back from its lines to where a person finds them.
// Pure.
//
// Rule: what says nothing (empty lines, remarks, a heading) keeps its place, so that a fault is named by the line of its piece.

const SILENT = /^(#|plate,comment$)/i;

/**
 * One body.
 *
 * @param {{title: string, sign: string, text: string}[]} pieces: sign "+" or "-" in a change, "" in a whole list
 * @returns {{text: string, lines: number, place: (line: number) => {piece: number, title: string, line: number, text: string}}}
 */
export function compose(pieces) {
  const lines = [];
  const starts = [];
  for (const { sign, text } of pieces) {
    starts.push(lines.length);
    if (!text) continue;
    const own = text.replace(/^\uFEFF/, "").split("\n");
    if (own.at(-1).trim() === "") own.pop();
    own.forEach((raw, index) => {
      const line = raw.trim();
      const silent = !line || line.startsWith("#") || (index === 0 && SILENT.test(line));
      lines.push(silent ? "" : sign + line);
    });
  }
  function place(line) {
    let piece = 0;
    while (piece + 1 < starts.length && starts[piece + 1] < line) piece += 1;
    return { piece, title: pieces[piece].title, line: line - starts[piece], text: (lines[line - 1] ?? "").slice(pieces[piece].sign.length) };
  }
  return { text: lines.join("\n"), lines: lines.filter(Boolean).length, place };
}

/** Where a line stands in a text: the borders of its characters. */
export function span(text, line) {
  let from = 0;
  for (let n = 1; n < line; n += 1) {
    const end = text.indexOf("\n", from);
    if (end < 0) break;
    from = end + 1;
  }
  const end = text.indexOf("\n", from);
  return [from, end < 0 ? text.length : end];
}

/** The text of a file. @returns {Promise<{text: string, error: string}>} */
export async function readText(file) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer()), error: "" };
  } catch (error) {
    const words = error instanceof TypeError ? "is not text in UTF-8. In the spreadsheet choose “CSV UTF-8” when you save it, and give it again." : "cannot be read. Give it again.";
    return { text: "", error: `${file.name} ${words}` };
  }
}
