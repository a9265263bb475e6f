/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that take their time and a slow machine, when a developer asks for
 * them: what a suite takes for granted and a page does not keep shows then. */
import { diag } from './tap.mjs';

const { CPTS_BROWSER_SLOW: most, CPTS_BROWSER_CPU: times } = process.env;

/** Nothing can be said of speed. */
export const slowed = Boolean(most || times);

let seed = Number(process.env.CPTS_BROWSER_SEED || Date.now() % 1000000);
if (most) {
    diag(`CPTS_BROWSER_SEED=${seed}`);
}

/* Runs in the page: each call waits before it is sent and before it is
 * answered. Not in the network, which would put the cache out of use. */
function wait([longest, start]) {
    const { fetch } = window;
    let state = start;
    const random = () => { /* mulberry32: the same for the same seed */
        state = (state + 0x6d2b79f5) | 0;
        let mix = Math.imul(state ^ (state >>> 15), state | 1);
        mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
        return ((mix ^ (mix >>> 14)) >>> 0) / 2 ** 32;
    };
    const pause = (time, signal) => new Promise((resolve, reject) => {
        setTimeout(resolve, time);
        signal?.addEventListener('abort', () => reject(signal.reason));
    });
    window.callsUnderWay = 0;
    window.fetch = async (address, init) => {
        const time = random() * longest;
        const before = random() * time;
        window.callsUnderWay += 1;
        try {
            await pause(before, init?.signal);
            const answer = await fetch(address, init);
            await pause(time - before, init?.signal);
            return answer;
        }
        finally {
            window.callsUnderWay -= 1;
        }
    };
}

/** Makes the pages of this context slow. */
export async function slowDown(context) {
    if (most) {
        seed += 1;
        await context.addInitScript(wait, [Number(most), seed]);
    }
    if (times) {
        context.on('page', async (page) => {
            const session = await context.newCDPSession(page);
            await session.send('Emulation.setCPUThrottlingRate',
                               { rate: Number(times) });
        });
    }
}
