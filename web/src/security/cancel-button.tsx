import { Button } from '../components/button.tsx'
import { text } from '../text.ts'

export function CancelButton({ onClick }: { onClick: () => void }) {
  return (
    <Button kind="link" onClick={onClick}>
      {text.common.cancel}
    </Button>
  )
}
