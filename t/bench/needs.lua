-- SPDX-License-Identifier: Apache-2.0
-- wrk: send the needs of a file in turn; print the figures as one line.
-- Arguments: POST or GET, the path, the file, headers as "Name: value".
-- Each line of the file: bytes of the answer, a space, the need as JSON.
-- GET asks for a file of as many bytes, PATH/BYTES.json.

local requests = {}
local turn = 0

local function headers_of(args)
   local headers = { ["Host"] = wrk.host }
   for i = 4, #args do
      local name, value = args[i]:match("^([^:]+): (.*)$")
      headers[name] = value
   end
   return headers
end

function init(args)
   local headers = headers_of(args)
   if args[1] == "POST" then
      headers["Content-Type"] = "application/json"
   end
   for line in io.lines(args[3]) do
      local bytes, need = line:match("^(%d+) (.*)$")
      if args[1] == "POST" then
         headers["Bench-Bytes"] = bytes
         requests[#requests + 1] = wrk.format("POST", args[2], headers, need)
      else
         requests[#requests + 1] = wrk.format("GET",
            args[2] .. "/" .. bytes .. ".json", headers)
      end
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
