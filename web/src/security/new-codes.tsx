import { useEffect, useMemo } from 'preact/hooks'
import { config } from '../config.ts'
import { Button, Form } from '../forms.tsx'
import { Copy, StepTitle } from './parts.tsx'
import { words } from './words.ts'

/** Ten recovery codes, shown this once: until their owner says that they are kept. */
export function NewCodes(props: { codes: string[]; email: string | undefined; done: () => void }) {
  const { codes, email, done } = props
  const { recovery } = words
  const asText = [
    recovery.fileTitle(config.name, email),
    recovery.fileAbout,
    '',
    ...codes,
    '',
  ].join('\n')
  const file = useFile(asText)
  const mayLeave = useStay()

  async function keep({ kept }: Record<string, string>) {
    if (!kept) return { field: 'kept', message: recovery.keepFirst }
    mayLeave()
    done()
    return undefined
  }

  return (
    <div class="stack codes">
      <StepTitle>{recovery.newTitle}</StepTitle>
      <p>{recovery.newAbout}</p>
      <p class="on-paper">{recovery.fileTitle(config.name, email)}</p>
      <ul class="plain" aria-label={recovery.title}>
        {codes.map((code) => (
          <li key={code}>
            <code class="mono">{code}</code>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <Copy text={asText}>{recovery.copy}</Copy>
        <a class="button" href={file} download={recovery.fileName}>
          {recovery.download}
        </a>
        <Button onClick={() => window.print()}>{recovery.print}</Button>
      </div>
      <Form onSubmit={keep} submit={words.done}>
        {(failureOf) => (
          <div class="field">
            <label class="check">
              <input
                type="checkbox"
                name="kept"
                aria-invalid={Boolean(failureOf('kept'))}
                aria-describedby="keep-first"
              />
              {recovery.kept}
            </label>
            <span class="error" id="keep-first" role="alert">
              {failureOf('kept')}
            </span>
          </div>
        )}
      </Form>
    </div>
  )
}

/** Where the browser finds a text as a file. */
function useFile(content: string): string {
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
function useStay(): () => void {
  const stay = useMemo(() => new AbortController(), [])
  useEffect(() => {
    addEventListener('beforeunload', (event) => event.preventDefault(), { signal: stay.signal })
    return () => stay.abort()
  }, [])
  return () => stay.abort()
}
