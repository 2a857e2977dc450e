import type { ForwardAuthText } from '../en/forward-auth.ts'

export const forwardAuth: ForwardAuthText = {
  title: 'Die Anmeldung hat nicht geklappt',
  reasons: {
    expired:
      'Sie hat zu lange gedauert oder in einem anderen Browser begonnen, oder dieser Browser speichert keine Cookies für diese Seite.',
    mfa_required:
      'Diese Seite verlangt bei der Anmeldung einen zweiten Schritt, der kein Code per E-Mail ist. Er muss zuerst eingerichtet werden.',
  },
  setUp: 'Zweiten Schritt einrichten',
  retry: 'Noch einmal versuchen',
}
