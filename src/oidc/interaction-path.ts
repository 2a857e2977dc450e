/** The page that asks a person to sign in, or for permission. */
export function interactionPath(prompt: string, interaction: string): string {
  return `${prompt === 'consent' ? '/consent' : '/signin'}?interaction=${interaction}`
}
