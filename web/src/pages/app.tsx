import { AppError, type UnanswerableRequest } from '../apps/app-error.tsx'
import { openConsent } from '../apps/consent.tsx'
import { SignOut, type SignOutRequest } from '../apps/sign-out.tsx'
import { renderPage } from '../components/page.tsx'
import { config } from '../config.ts'

/** The views of the OpenID Provider; without one, the page asks for permission. */
const provider = config.provider as SignOutRequest | UnanswerableRequest | undefined

if (provider?.view === 'sign-out') renderPage(<SignOut {...provider} />)
else if (provider) renderPage(<AppError {...provider} />)
else await openConsent(config.interaction)
