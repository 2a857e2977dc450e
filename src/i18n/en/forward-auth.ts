/** The page at an application’s host after a sign-in that did not work. */
export const forwardAuth = {
  title: 'This sign-in didn’t work',
  reasons: {
    expired:
      'It took too long, or began in another browser, or this browser keeps no cookies for this site.',
    mfa_required:
      'This site requires a second step when signing in, other than a code by email. Set one up first.',
  },
  setUp: 'Set up a second step',
  retry: 'Try again',
}

export type ForwardAuthText = typeof forwardAuth
