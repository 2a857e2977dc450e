/** Characters that break the line, or reverse the text after them, where it is shown. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/** Whether text fits into one line: not empty, at most `maxLength` characters, and all printable. */
export function isSingleLine(text: string, maxLength: number): boolean {
  return text !== '' && text.length <= maxLength && !unprintable.test(text)
}
