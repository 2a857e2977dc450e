import { useEffect, useRef, useState } from 'preact/hooks'
import type { Message } from '../../../client/latchkey.ts'
import { Notice } from '../components/notice.tsx'
import { Heading, renderPage } from '../components/page.tsx'
import { config } from '../config.ts'
import { guest } from '../session.ts'
import { canSignUp } from '../sign-up-policy.ts'
import { text } from '../text.ts'

const t = text.inbox

const pollIntervalMs = 1500

/** Captured messages, newest first. Only in development. */
function DevInbox() {
  const { messages, newCount, failure } = useMessages()
  const [copiedId, setCopiedId] = useState('')
  return (
    <>
      <section class="card">
        <Heading>{t.title}</Heading>
        <p class="soft">{t.about}</p>
        <a href="/">{t.start}</a>
        <p class="visually-hidden" role="status">
          {copiedId ? t.copied : newCount > 0 && t.arrived(newCount)}
        </p>
        {failure && <Notice kind="error">{failure}</Notice>}
      </section>
      {messages?.length === 0 && (
        <section class="card">
          <p>
            {t.none} {canSignUp && <a href="/signup">{t.signUp}</a>}
          </p>
        </section>
      )}
      {messages?.map((message) => (
        <MessageCard key={message.id} message={message} copiedId={copiedId} onCopy={setCopiedId} />
      ))}
    </>
  )
}

/** Polls for messages while the page is visible. */
function useMessages() {
  const [messages, setMessages] = useState<Message[]>()
  const [newCount, setNewCount] = useState(0)
  const [failure, setFailure] = useState('')
  const newestId = useRef<string>(undefined)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    async function poll() {
      const result = await guest.dev.messages.get({})
      if (!result.ok) {
        const { code, detail } = result.problem
        // The page was opened under a host for which no messages are listed.
        setFailure(code === 'not_found' ? detail : t.lost)
      } else {
        setFailure('')
        const all = result.data.messages
        const previousId = newestId.current
        // Ids sort by creation time.
        if (previousId !== undefined) setNewCount(all.filter(({ id }) => id > previousId).length)
        newestId.current = all[0]?.id ?? ''
        setMessages(all)
      }
      if (document.visibilityState === 'visible') timer = setTimeout(poll, pollIntervalMs)
    }
    function onVisibilityChange() {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') poll()
    }
    poll()
    document.addEventListener('visibilitychange', onVisibilityChange)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisibilityChange)
    }
  }, [])
  return { messages, newCount, failure }
}

function MessageCard(props: { message: Message; copiedId: string; onCopy: (id: string) => void }) {
  const { message, copiedId, onCopy } = props
  const { id, channel, to, subject, sentAt } = message
  const code = /\b(?:\d{6}|[\dA-Z]{4}-[\dA-Z]{4}-[\dA-Z]{4})\b/.exec(message.text)?.[0]

  async function copy() {
    await navigator.clipboard.writeText(code ?? '')
    onCopy(id)
  }

  return (
    <article class="card stack">
      <div>
        <h2>{channel === 'sms' ? t.text : subject}</h2>
        <p class="soft">
          {t[channel](to)} · <Time at={sentAt} />
        </p>
      </div>
      {code && (
        <button type="button" class="copy-code" onClick={copy}>
          <code>{code}</code>
          <span>{copiedId === id ? t.copied : t.copy}</span>
        </button>
      )}
      <p class="message-text">{linkify(message.text)}</p>
    </article>
  )
}

function Time({ at }: { at: string }) {
  const format = new Intl.DateTimeFormat(config.language, {
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  return <time dateTime={at}>{format.format(new Date(at))}</time>
}

function linkify(plainText: string) {
  const parts = plainText.split(/(\bhttps?:\/\/[^\s<>"]+)/)
  return parts.map((part, i) => (i % 2 === 1 ? <a href={part}>{part}</a> : part))
}

renderPage(<DevInbox />, { wide: true })
