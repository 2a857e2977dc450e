import type { SecurityText } from '../en/security.ts'

/** The security page’s sentences about the activity, in German, with “du”. */
export const activity: SecurityText['activity'] = {
  title: 'Letzte Aktivitäten',
  more: 'Mehr anzeigen',
  from: (device: string, address: string) => `${device}, Adresse ${address}`,
  noMore: 'Das ist alles.',
  signedInWith: (what: string) => `Du hast dich mit ${what} angemeldet.`,
  amr: {
    pwd: 'deinem Passwort',
    otp: 'deiner Authenticator-App',
    sms: 'einem Code per SMS',
    email: 'einem Code per E-Mail',
    recovery_code: 'einem Wiederherstellungscode',
    hwk: 'einem Passkey',
    swk: 'einem Passkey',
  },
  failed: {
    password: 'Jemand hat versucht, sich mit einem falschen Passwort anzumelden.',
    code: 'Jemand hat versucht, sich mit einem falschen Code anzumelden.',
    passkey: 'Jemand hat versucht, sich mit einem Passkey anzumelden, der nicht angenommen wurde.',
  },
  ended: {
    signed_out: 'Du hast dich abgemeldet.',
    refresh_token_reused:
      'Eine Sitzung wurde beendet, weil sie an zwei Orten benutzt wurde: Sie könnte gestohlen worden sein.',
    others: 'Du hast dich überall sonst abgemeldet.',
    one: 'Du hast ein Gerät abgemeldet.',
  },
  byOperator: {
    'account.created': 'Der Betreiber dieses Dienstes hat dieses Konto für dich angelegt.',
    'account.suspended': 'Der Betreiber dieses Dienstes hat dieses Konto gesperrt.',
    'account.unsuspended': 'Der Betreiber dieses Dienstes hat dieses Konto wieder freigegeben.',
    'mfa.off': 'Der Betreiber dieses Dienstes hat deinen zweiten Schritt ausgeschaltet.',
    'session.ended': 'Der Betreiber dieses Dienstes hat dich überall abgemeldet.',
    'password.reset_required': 'Der Betreiber dieses Dienstes hat ein neues Passwort verlangt.',
    'profile.changed': 'Der Betreiber dieses Dienstes hat dein Profil geändert.',
    'username.changed': 'Der Betreiber dieses Dienstes hat deinen Benutzernamen geändert.',
    'groups.changed': 'Der Betreiber dieses Dienstes hat deine Gruppen geändert.',
    'admin.added': 'Du kannst jetzt anderen mit ihren Konten helfen.',
    'admin.removed': 'Du kannst anderen nicht mehr mit ihren Konten helfen.',
  },
  reason: (reason: string) => `Als Grund wurde genannt: „${reason}“`,
  types: {
    'account.created': 'Du hast dieses Konto angelegt.',
    'account.createdByInvitation': 'Du hast eine Einladung angenommen und dieses Konto angelegt.',
    'account.createdByImport': 'Dieses Konto wurde aus einem anderen System übernommen.',
    'mfa.off': 'Du hast deinen zweiten Schritt ausgeschaltet.',
    'passkey.refused': (passkey: string) =>
      `Der Passkey „${passkey}“ wurde abgelehnt: Möglicherweise gibt es eine Kopie davon.`,
    'mfa.on': (method: string) => `Du hast deinen zweiten Schritt eingeschaltet: ${method}.`,
    'mfa.method_added': (method: string) =>
      `Du hast eine Methode für den zweiten Schritt eingerichtet: ${method}.`,
    'mfa.method_changed': (method: string) =>
      `Du hast die Methode für den zweiten Schritt geändert: ${method}.`,
    'mfa.method_removed': (method: string) =>
      `Du hast eine Methode für den zweiten Schritt entfernt: ${method}.`,
    'passkey.added': (passkey: string) => `Du hast den Passkey „${passkey}“ hinzugefügt.`,
    'passkey.renamed': (passkey: string) => `Du hast einen Passkey in „${passkey}“ umbenannt.`,
    'passkey.removed': (passkey: string) => `Du hast den Passkey „${passkey}“ entfernt.`,
    'recovery_codes.generated': 'Du hast zehn Wiederherstellungscodes angelegt.',
    'recovery_code.used': (left: number) =>
      `Ein Wiederherstellungscode wurde benutzt; übrig: ${left}.`,
    'password.changed': 'Du hast dein Passwort geändert.',
    'password.reset': 'Dein Passwort wurde per E-Mail zurückgesetzt.',
    'email.changed': 'Du hast deine E-Mail-Adresse geändert.',
    'phone.changed': 'Du hast deine Telefonnummer geändert.',
    'device.trusted': 'Ein Gerät fragt nicht mehr nach dem zweiten Schritt.',
    'device.revokedOne': 'Ein Gerät fragt wieder nach dem zweiten Schritt.',
    'device.revokedAll': 'Jedes Gerät fragt wieder nach dem zweiten Schritt.',
    'app.allowed': (app: string) => `Du hast ${app} erlaubt, dich anzumelden.`,
    'app.firstUsed': (app: string) => `Du hast dich zum ersten Mal bei ${app} angemeldet.`,
    'app.removed': (app: string) => `Du hast die Anwendung ${app} entfernt.`,
    'account.deleted': 'Du hast dieses Konto gelöscht.',
    'language.changed': 'Du hast eine andere Sprache für Nachrichten gewählt.',
    'profile.changed': 'Du hast dein Profil geändert.',
    'account.erased': 'Dieses Konto wurde endgültig gelöscht.',
    'change.undone': (change: string) => `Das wurde rückgängig gemacht: ${change}.`,
    'undo.failed':
      'Jemand hat einen Link zum Rückgängigmachen geöffnet und einen falschen zweiten Schritt eingegeben. Wenn du es nicht warst, kann jemand deine E-Mails lesen.',
  },
}
