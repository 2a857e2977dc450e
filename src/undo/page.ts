import type { App } from '../http/app.ts'
import { pack, serveAsset } from '../http/asset.ts'
import { plainPage } from '../http/page.ts'

/**
 * `/undo`: where the link of a message leads. Opening it changes nothing, for mail scanners open
 * links, too; the token stands behind the #, which browsers send to nobody.
 */
export function undoPage(app: App, { brandName }: { brandName: string }): void {
  const page = plainPage(`Undo a change · ${brandName}`, content, styles)
  serveAsset(app, '/undo', {
    type: 'text/html; charset=utf-8',
    cache: 'revalidate',
    contentSecurityPolicy: `${page.contentSecurityPolicy}; script-src 'self'; connect-src 'self'`,
    load: () => pack(page.html),
  })
  serveAsset(app, '/undo.js', {
    type: 'text/javascript; charset=utf-8',
    cache: 'revalidate',
    load: () => pack(script),
  })
}

const content = `
      <h1>Undo a change of your account</h1>
      <noscript><p>This page needs JavaScript. Please allow it here, or open the link in another browser.</p></noscript>
      <section id="ask">
        <p>If the change that we wrote to you about wasn’t yours, take it back here:</p>
        <ul>
          <li>How you signed in before comes back. What was changed since then goes with it.</li>
          <li>Everyone is signed out, you too.</li>
          <li>You choose a new password.</li>
        </ul>
        <p>If it was yours, just close this page.</p>
        <p><button id="undo" type="button">Undo the change</button></p>
      </section>
      <form id="reset" hidden>
        <p>The change is undone. Now choose a new password for <strong id="email"></strong>. Until then, nobody can sign in.</p>
        <input type="email" autocomplete="username" id="username" hidden>
        <p><label for="password">New password</label><br>
        <input type="password" id="password" autocomplete="new-password" required></p>
        <p><button>Set the password</button></p>
      </form>
      <p id="said" role="status"></p>
      <script src="/undo.js" type="module"></script>`

const styles = `
button, input { font: inherit; color: inherit; min-height: 2.75rem; padding: 0 1rem; border-radius: 0.5rem; border: 1px solid var(--ink-soft); background: var(--page); max-width: 100%; box-sizing: border-box; }
input { width: 24rem; }
strong { overflow-wrap: anywhere; }
section p, form p { margin: 1rem 0; }
button { cursor: pointer; background: var(--action); color: var(--page); border-color: transparent; font-weight: 600; }
button[aria-disabled=true] { opacity: 0.6; }
#said:not(:empty) { border-left: 4px solid var(--action); padding-left: 1rem; }
`

const script = `
const byId = (id) => document.getElementById(id)
const say = (text) => { byId('said').textContent = text }
const token = new URLSearchParams(location.hash.slice(1)).get('token')
let resetToken

async function post(path, body) {
  try {
    const answer = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const json = await answer.json()
    return answer.ok ? json : { failed: json.detail, forGood: answer.status === 401 }
  } catch {
    return { failed: 'That did not reach us. Please check your connection and try again.' }
  }
}

function once(button, work) {
  return async (event) => {
    event.preventDefault()
    if (button.ariaDisabled === 'true') return
    button.ariaDisabled = 'true'
    await work()
    button.ariaDisabled = 'false'
  }
}

if (!token) {
  byId('ask').hidden = true
  say('This link is not complete. Please open it from the message once more.')
}

byId('undo').addEventListener('click', once(byId('undo'), async () => {
  const undone = await post('/auth/Undo', { token })
  if (undone.failed) {
    byId('ask').hidden = Boolean(undone.forGood)
    return say(undone.failed)
  }
  // The token is used; it need not stay in the history.
  history.replaceState(null, '', '/undo')
  resetToken = undone.resetToken
  byId('email').textContent = undone.email
  byId('username').value = undone.email
  byId('ask').hidden = true
  byId('reset').hidden = false
  byId('password').focus()
  say('')
}))

byId('reset').addEventListener('submit', once(byId('reset').querySelector('button'), async () => {
  const newPassword = byId('password').value
  const reset = await post('/auth/ResetPassword', { resetToken, newPassword })
  if (reset.failed) return say(reset.failed)
  byId('reset').hidden = true
  say('Your new password is set. You can sign in with it now.')
}))
`
