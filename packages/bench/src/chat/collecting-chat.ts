import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chatWs } from '@parley/chat-ws/service';
import { runService } from '@parley/common/runtime/run-service';
import { answerParent } from '../serve-parent.ts';

/** As V8 does by itself in a process that has been quiet for a while: it gives back what it had kept for more garbage, too. */
const thoroughly = { type: 'major', execution: 'sync', flavor: 'last-resort' } as const;

/** chat-ws as it is; its process collects its garbage when it is asked to, instead of some time. */
setFlagsFromString('--expose-gc');
const collect: (how: typeof thoroughly) => void = runInNewContext('gc');
await runService(chatWs);
answerParent(() => collect(thoroughly));
