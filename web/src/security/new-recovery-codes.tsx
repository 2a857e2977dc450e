import { useEffect, useMemo, useState } from 'preact/hooks'
import { Button } from '../components/button.tsx'
import { Form } from '../components/form.tsx'
import { config } from '../config.ts'
import { CopyButton } from './copy-button.tsx'
import { t } from './i18n.ts'
import type { SectionState } from './section.tsx'
import { StepHeading } from './step-heading.tsx'

/** Shows new recovery codes, once, until the owner confirms that they are saved. */
export function NewRecoveryCodes(props: {
  codes: string[]
  email: string | undefined
  onDone: () => void
}) {
  const { codes, email, onDone } = props
  const { recoveryCodes } = t
  const fileContent = [
    recoveryCodes.fileTitle(config.brandName, email),
    recoveryCodes.fileAbout,
    '',
    ...codes,
    '',
  ].join('\n')
  const fileUrl = useObjectUrl(fileContent)
  const allowLeaving = useLeaveWarning()

  async function confirmSaved({ saved }: Record<string, string>) {
    if (!saved) return { field: 'saved', message: recoveryCodes.saveFirst }
    allowLeaving()
    onDone()
    return undefined
  }

  return (
    <div class="stack recovery-codes">
      <StepHeading>{recoveryCodes.newTitle}</StepHeading>
      <p>{recoveryCodes.newAbout}</p>
      <p class="print-only">{recoveryCodes.fileTitle(config.brandName, email)}</p>
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
            <label class="checkbox">
              <input
                type="checkbox"
                name="saved"
                aria-invalid={Boolean(errorFor('saved'))}
                aria-describedby="save-first"
              />
              {recoveryCodes.savedConfirmation}
            </label>
            <span class="error" id="save-first" role="alert">
              {errorFor('saved')}
            </span>
          </div>
        )}
      </Form>
    </div>
  )
}

/** Announces the changes of a section; those with new recovery codes once these are saved. */
export function useNewRecoveryCodes(section: SectionState, email: string) {
  const [change, setChange] = useState<{ message: string; codes: string[] }>()

  function announce(message: string, codes: string[] | undefined) {
    if (codes) setChange({ message, codes })
    else section.announce(message)
  }

  function handleSaved(message: string) {
    setChange(undefined)
    section.announce(message)
  }

  return {
    announce,
    /** To be shown instead of everything else in the section; undefined without any. */
    newCodes: change && (
      <NewRecoveryCodes
        codes={change.codes}
        email={email}
        onDone={() => handleSaved(change.message)}
      />
    ),
  }
}

/** A URL of `content` as a text file. */
function useObjectUrl(content: string): string {
  const url = useMemo(
    () => URL.createObjectURL(new Blob([content], { type: 'text/plain;charset=utf-8' })),
    [content],
  )
  useEffect(() => () => URL.revokeObjectURL(url), [url])
  return url
}

/** Warns before the page is closed. @returns a function that stops the warning */
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
