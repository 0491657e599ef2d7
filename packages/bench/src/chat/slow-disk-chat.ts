import { createChatWs } from '@parley/chat-ws/service';
import { runService } from '@parley/common/runtime/run-service';

/** chat-ws on a disk that takes 50 ms longer for each commit. */
await runService(createChatWs({ commitDelayMs: 50 }));
