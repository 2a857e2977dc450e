/** The security page’s sentences about recovery codes, in English. */
export const recoveryCodes = {
  title: 'Recovery codes',
  about: 'Use one if you lose the device or app that you sign in with. Each works once.',
  whileOff:
    'They come with the second step: ten codes for when you lose the device or app that you sign in with.',
  left: (count: number) =>
    count === 0
      ? 'You have none left.'
      : count === 1
        ? 'You have 1 of 10 left.'
        : `You have ${count} of 10 left.`,
  generatedAt: (when: string) => `Created on ${when}.`,
  generate: 'Create new ones',
  generateTitle: 'Create ten new recovery codes?',
  generateMeans: 'Your old codes will stop working.',
  keepOld: 'Keep the old ones',
  newTitle: 'Save your recovery codes',
  newAbout:
    'If you lose the device or app that you sign in with, one of these lets you in. Keep them where you’ll find them, on paper or in a password manager. You won’t see them again.',
  copy: 'Copy',
  download: 'Download',
  print: 'Print',
  fileName: 'recovery-codes.txt',
  fileTitle: (name: string, email: string | undefined) =>
    `Recovery codes for ${name}${email ? ` (${email})` : ''}`,
  fileAbout: 'Each of these codes works once.',
  savedConfirmation: 'I have saved these codes',
  saveFirst: 'Please save them first. You won’t see them again.',
  generated: 'You have ten new recovery codes. The old ones no longer work.',
}
