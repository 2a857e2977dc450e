import './styles.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Message } from '../../client/latchkey.ts'
import { config } from './config.ts'
import { Notice } from './forms.tsx'
import { Heading, show } from './page.tsx'
import { guest } from './session.ts'
import { text } from './text.ts'

const words = text.inbox

/** How long it is before a message that came is seen. */
const lookEveryMs = 1500

/** What would have been sent, newest first. In development alone. */
function Inbox() {
  const { messages, arrived, lost } = useMessages()
  const [copied, setCopied] = useState('')
  return (
    <>
      <section class="card">
        <Heading>{words.title}</Heading>
        <p class="soft">{words.about}</p>
        <a href="/">{words.start}</a>
        <p class="hidden" role="status">
          {copied ? words.copied : arrived > 0 && words.arrived(arrived)}
        </p>
        {lost && <Notice kind="wrong">{words.lost}</Notice>}
      </section>
      {messages?.length === 0 && (
        <section class="card">
          <p>
            {words.none} <a href="/signup">{words.signUp}</a>
          </p>
        </section>
      )}
      {messages?.map((message) => (
        <Letter key={message.id} message={message} copied={copied} onCopy={setCopied} />
      ))}
    </>
  )
}

/** Looks for new ones while somebody sees the page. */
function useMessages() {
  const [messages, setMessages] = useState<Message[]>()
  const [arrived, setArrived] = useState(0)
  const [lost, setLost] = useState(false)
  const newest = useRef<string>(undefined)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    async function look() {
      const answer = await guest.dev.messages.get({})
      setLost(!answer.ok)
      if (answer.ok) {
        const all = answer.data.messages
        const before = newest.current
        // Ids sort by when they were made.
        if (before !== undefined) setArrived(all.filter(({ id }) => id > before).length)
        newest.current = all[0]?.id ?? ''
        setMessages(all)
      }
      if (document.visibilityState === 'visible') timer = setTimeout(look, lookEveryMs)
    }
    function onVisible() {
      clearTimeout(timer)
      if (document.visibilityState === 'visible') look()
    }
    look()
    document.addEventListener('visibilitychange', onVisible)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [])
  return { messages, arrived, lost }
}

function Letter(props: { message: Message; copied: string; onCopy: (id: string) => void }) {
  const { message, copied, onCopy } = props
  const { id, channel, to, subject, sentAt } = message
  const code = /\b(?:\d{6}|[\dA-Z]{4}-[\dA-Z]{4}-[\dA-Z]{4})\b/.exec(message.text)?.[0]

  async function copy() {
    await navigator.clipboard.writeText(code ?? '')
    onCopy(id)
  }

  return (
    <article class="card stack">
      <div>
        <h2>{channel === 'sms' ? words.text : subject}</h2>
        <p class="soft">
          {words[channel](to)} · <Time at={sentAt} />
        </p>
      </div>
      {code && (
        <button type="button" class="copy" onClick={copy}>
          <code>{code}</code>
          <span>{copied === id ? words.copied : words.copy}</span>
        </button>
      )}
      <p class="letter">{withLinks(message.text)}</p>
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

/** Links can be followed, as in a mail program. */
function withLinks(written: string) {
  const parts = written.split(/(\bhttps?:\/\/[^\s<>"]+)/)
  return parts.map((part, i) => (i % 2 === 1 ? <a href={part}>{part}</a> : part))
}

show(<Inbox />, { wide: true })
