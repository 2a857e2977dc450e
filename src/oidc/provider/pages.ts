import type { ErrorOut, KoaContextWithOIDC } from 'oidc-provider'
import type { OidcDeps } from '../oidc.ts'

/** Our pages in place of the library’s, which load fonts from elsewhere and have inline scripts. */
export interface ProviderPages {
  renderError(ctx: KoaContextWithOIDC, out: ErrorOut): Promise<void>
  renderSignOut(ctx: KoaContextWithOIDC): Promise<void>
  renderSignedOut(ctx: KoaContextWithOIDC): Promise<void>
}

export function createProviderPages(pages: OidcDeps['pages']): ProviderPages {
  async function show(
    ctx: Pick<KoaContextWithOIDC, 'req' | 'set' | 'body'>,
    view: Parameters<OidcDeps['pages']['renderForProvider']>[1],
  ): Promise<void> {
    const { html, headers } = await pages.renderForProvider(ctx.req, view)
    ctx.set(headers)
    ctx.body = html
  }

  return {
    async renderError(ctx, { error, error_description: description }) {
      const requestId = ctx.res.getHeader('x-request-id')
      await show(ctx, { view: 'error', error, description, requestId })
    },

    async renderSignOut(ctx) {
      const { secret } = (ctx.oidc.session?.state ?? {}) as { secret?: string }
      const app = ctx.oidc.client?.clientName ?? null
      await show(ctx, { view: 'sign-out', xsrf: secret, app })
    },

    async renderSignedOut(ctx) {
      ctx.redirect('/signin')
    },
  }
}
