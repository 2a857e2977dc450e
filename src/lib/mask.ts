/** Masks an email address as `a•••@example.com`: recognisable to its owner only. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, 1)}•••${address.slice(at)}`
}

/** Masks a phone number as `+1•••••••23`, which hides its length too. */
function maskPhoneNumber(number: string): string {
  return `${number.slice(0, 2)}•••••••${number.slice(-2)}`
}

/** Masks an email address or phone number. */
export function mask(recipient: string): string {
  return recipient.includes('@') ? maskEmail(recipient) : maskPhoneNumber(recipient)
}
