import { chatWs } from '@parley/chat-ws/service';
import { runService } from '@parley/common/runtime/run-service';
import { answerParent } from '../serve-parent.ts';

const tickMs = 5;

/** chat-ws as it is; its process tells for how long its event loop has been held up at most since it serves, in ms. */
await runService(chatWs);
let longest = 0;
let last = performance.now();
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last - tickMs);
  last = now;
}, tickMs).unref();
answerParent(() => longest);
