import { type Kysely, sql } from 'kysely'

/** What is posted of one account goes one by one: whatever stands before an entry is found at once. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('outbox_in_order')
    .on('outbox')
    .columns(['account_id', 'created_at', 'id'])
    .where(sql<boolean>`channel = 'webhook' and sent_at is null and given_up_at is null`)
    .execute()
}
