import { createHash } from 'node:crypto'
import { errors, type Provider } from 'oidc-provider'
import type { Oidc } from '../oidc.ts'

/** Redeems codes in this process, as the token endpoint does for others. @param provider the current one */
export function createCodeRedeemer(provider: () => Provider): Pick<Oidc, 'redeemCode'> {
  return {
    async redeemCode({ code: value, clientId, redirectUri, verifier }) {
      // Expired ones, and those of sessions that have ended, are not found.
      const code = await provider().AuthorizationCode.find(value)
      const challenge = createHash('sha256').update(verifier).digest('base64url')
      if (
        !code?.isValid ||
        code.clientId !== clientId ||
        code.redirectUri !== redirectUri ||
        code.codeChallengeMethod !== 'S256' ||
        code.codeChallenge !== challenge
      ) {
        return undefined
      }
      try {
        await code.consume()
      } catch (error) {
        // Another request was faster.
        if (error instanceof errors.InvalidGrant) return undefined
        throw error
      }
      return code.sessionUid
    },
  }
}
