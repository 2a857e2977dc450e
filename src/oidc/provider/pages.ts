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
    page: 'sign-out' | 'app-error',
    config: object,
  ): Promise<void> {
    const { html, headers } = await pages.render(ctx.req, page, config)
    ctx.set(headers)
    ctx.body = html
  }

  return {
    async renderError(ctx, { error, error_description: description }) {
      const requestId = ctx.res.getHeader('x-request-id')
      await show(ctx, 'app-error', { error, description, requestId })
    },

    async renderSignOut(ctx) {
      const { secret } = (ctx.oidc.session?.state ?? {}) as { secret?: string }
      await show(ctx, 'sign-out', { xsrf: secret, app: ctx.oidc.client?.clientName ?? null })
    },

    async renderSignedOut(ctx) {
      ctx.redirect('/signin')
    },
  }
}
