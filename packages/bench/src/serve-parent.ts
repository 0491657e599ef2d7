type Question<Request> = { id: number; request: Request };
export type Answer = { re: number; result?: unknown; error?: string };

/** The other end of `startProcess(…).ask`: answers each request of the parent. The process ends when the parent is gone. */
export function serveParent<Request>(answer: (request: Request) => unknown): void {
  process.on('message', (question: Question<Request>) => void reply(question, answer));
  process.on('disconnect', () => process.exit(0));
  process.send?.({ type: 'ready', addresses: [] });
}

/** The same for a process that already says when it is ready, and ends by itself. */
export function answerParent<Request>(answer: (request: Request) => unknown): void {
  process.on('message', (question: Question<Request>) => void reply(question, answer));
}

async function reply<Request>(
  { id, request }: Question<Request>,
  answer: (request: Request) => unknown,
): Promise<void> {
  const said: Answer = { re: id };
  try {
    said.result = await answer(request);
  } catch (thrown) {
    said.error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  process.send?.(said);
}
