import { useEffect, useMemo } from 'preact/hooks'
import { Button, Form } from '../components/forms.tsx'
import { config } from '../config.ts'
import { t } from './i18n.ts'
import { CopyButton, StepHeading } from './section.tsx'

/** Ten recovery codes, shown this once: until their owner says that they are kept. */
export function NewRecoveryCodes(props: {
  codes: string[]
  email: string | undefined
  onDone: () => void
}) {
  const { codes, email, onDone } = props
  const { recoveryCodes } = t
  const fileContent = [
    recoveryCodes.fileTitle(config.name, email),
    recoveryCodes.fileAbout,
    '',
    ...codes,
    '',
  ].join('\n')
  const fileUrl = useObjectUrl(fileContent)
  const allowLeaving = useLeaveWarning()

  async function confirmSaved({ kept }: Record<string, string>) {
    if (!kept) return { field: 'kept', message: recoveryCodes.keepFirst }
    allowLeaving()
    onDone()
    return undefined
  }

  return (
    <div class="stack codes">
      <StepHeading>{recoveryCodes.newTitle}</StepHeading>
      <p>{recoveryCodes.newAbout}</p>
      <p class="on-paper">{recoveryCodes.fileTitle(config.name, email)}</p>
      <ul class="plain" aria-label={recoveryCodes.title}>
        {codes.map((code) => (
          <li key={code}>
            <code class="mono">{code}</code>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <CopyButton text={fileContent}>{recoveryCodes.copy}</CopyButton>
        <a class="button" href={fileUrl} download={recoveryCodes.fileName}>
          {recoveryCodes.download}
        </a>
        <Button onClick={() => window.print()}>{recoveryCodes.print}</Button>
      </div>
      <Form onSubmit={confirmSaved} submitLabel={t.done}>
        {(errorFor) => (
          <div class="field">
            <label class="check">
              <input
                type="checkbox"
                name="kept"
                aria-invalid={Boolean(errorFor('kept'))}
                aria-describedby="keep-first"
              />
              {recoveryCodes.kept}
            </label>
            <span class="error" id="keep-first" role="alert">
              {errorFor('kept')}
            </span>
          </div>
        )}
      </Form>
    </div>
  )
}

/** Where the browser finds a text as a file. */
function useObjectUrl(content: string): string {
  const url = useMemo(
    () => URL.createObjectURL(new Blob([content], { type: 'text/plain;charset=utf-8' })),
    [content],
  )
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return url
}

/**
 * Whoever leaves now loses what is shown once: the browser asks whether that is meant.
 *
 * @returns what to call when it is
 */
function useLeaveWarning(): () => void {
  const controller = useMemo(() => new AbortController(), [])
  useEffect(() => {
    addEventListener('beforeunload', (event) => event.preventDefault(), {
      signal: controller.signal,
    })
    return () => controller.abort()
  }, [])
  return () => controller.abort()
}
