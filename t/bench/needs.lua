-- SPDX-License-Identifier: Apache-2.0
-- wrk: POST the needs of a file in turn; print the figures as one line.
-- Each line of the file: bytes of the answer, a space, the need as JSON.

local requests = {}
local turn = 0

function init(args)
   for line in io.lines(args[2]) do
      local bytes, need = line:match("^(%d+) (.*)$")
      requests[#requests + 1] = wrk.format("POST", args[1], {
         ["Content-Type"] = "application/json",
         ["Bench-Bytes"] = bytes,
         ["Host"] = wrk.host,
      }, need)
   end
end

function request()
   turn = turn % #requests + 1
   return requests[turn]
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format("FIGURES %d %d %d %d %.0f %.0f\n",
      summary.requests, summary.duration, summary.bytes,
      e.connect + e.read + e.write + e.status + e.timeout,
      latency:percentile(50), latency:percentile(99)))
end
