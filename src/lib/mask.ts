/** `a•••@example.com`: enough for its owner to recognise, too little for anyone else. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  return `${address.slice(0, 1)}•••${address.slice(at)}`
}

/** `+1•••••••23`: the first digit and the last two, and not how many there are between. */
function maskPhoneNumber(number: string): string {
  return `${number.slice(0, 2)}•••••••${number.slice(-2)}`
}

/** Masks whatever kind of address a message goes to. */
export function mask(recipient: string): string {
  return recipient.includes('@') ? maskEmail(recipient) : maskPhoneNumber(recipient)
}
