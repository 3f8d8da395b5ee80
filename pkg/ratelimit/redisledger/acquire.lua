-- One decision over all budgets and the slots of a scope: everything, or nothing.
-- The arithmetic is that of scope.go, gcra.go and window.go; the conformance suite holds both to it.
-- KEYS: the scope's hash, the set of the connection's scopes.
-- ARGV: scope, holder, priority, slots max, need, want, for (us), keep (ms), then per charge:
--       budget, units, per (us), burst, need, want.
-- Reply: wait (us), blocked by, slots, now (us), then the units of each charge.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local scope, holder, priority = ARGV[1], ARGV[2], tonumber(ARGV[3])
local smax, sneed, swant, sfor, keep = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local charges = (#ARGV - 8) / 6

local function int(n) return string.format('%.0f', n) end
local function refuse(wait, by) return {int(wait), by, '0', int(now)} end

local state = redis.call('HMGET', KEYS[1], 'cool', 'pace', 'paced', 'holders')
local cool = tonumber(state[1] or 0)
if cool > now and charges > 0 then return refuse(cool - now, 'cool-down') end
local pace = math.min(tonumber(state[2] or 100) + @STEP@ * math.floor(math.max(now - tonumber(state[3] or 0), 0) / @INTERVAL@), 100)

local writes = {}
local function write(field, value) writes[#writes + 1] = field; writes[#writes + 1] = value end
local function save()
  if #writes == 0 then return end
  redis.call('HSET', KEYS[1], unpack(writes))
  redis.call('SADD', KEYS[2], scope)
  redis.call('PEXPIRE', KEYS[1], keep)
  redis.call('PEXPIRE', KEYS[2], keep)
end

local granted = 0
if smax > 0 then
  local text, own, others, higher, equal, lower = {}, 0, 0, false, 0, false
  for name, n, till, prio in string.gmatch(state[4] or '', '([^ =]+)=(%d+):(%d+):(%d+)') do
    if tonumber(till) > now then
      n, prio = tonumber(n), tonumber(prio)
      if name == holder then own = n else
        text[#text + 1] = name .. '=' .. int(n) .. ':' .. till .. ':' .. int(prio)
        others = others + n
        if prio > priority then higher = true elseif prio < priority then lower = true else equal = equal + 1 end
      end
    end
  end
  local total = math.max(math.floor(smax * pace / 100), 1)
  local limit = total
  if higher then limit = 1 elseif equal > 0 then limit = math.floor(total / (equal + 1)) elseif lower then limit = total - 1 end
  local got = math.min(swant, math.max(limit, 1), total - others)
  if got < sneed and sneed <= math.max(own, total - others) then got = sneed end
  local refused = got < 1 or got < sneed
  if refused then
    text[#text + 1] = holder .. '=' .. int(own) .. ':' .. int(now + @WAITER@) .. ':' .. int(priority)
    write('holders', table.concat(text, ' '))
    save()
    return refuse(@SLOTRETRY@, 'slots')
  end
  granted = got
  text[#text + 1] = holder .. '=' .. int(got) .. ':' .. int(now + sfor) .. ':' .. int(priority)
  write('holders', table.concat(text, ' '))
  write('slots', int(smax))
end

local reply = {'0', '', int(granted), int(now)}
for i = 0, charges - 1 do
  local at = 9 + i * 6
  local budget = ARGV[at]
  local units, per, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local need, want = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  write('l:' .. budget, int(units) .. ':' .. int(per) .. ':' .. int(burst))
  units = math.max(math.floor(units * pace / 100), 1)
  local got
  if burst > 0 then
    burst = math.max(math.floor(burst * pace / 100), need)
    local function span(n) return math.floor((n * per + units - 1) / units) end
    local arrival = math.max(tonumber(redis.call('HGET', KEYS[1], 'g:' .. budget) or 0), now)
    local room = now + span(burst) - arrival
    local available = math.floor(room * units / per)
    if room < 0 or available < need then
      return refuse(math.max(arrival + span(need) - span(burst) - now, 1), budget)
    end
    got = math.min(want, available)
    write('g:' .. budget, int(arrival + span(got)))
  else
    units = math.max(units, need)
    local width = math.floor((per + 39) / 40)
    local parts, sum = {}, 0
    for index, n in string.gmatch(redis.call('HGET', KEYS[1], 'w:' .. budget) or '', '(%d+):(%d+)') do
      index, n = tonumber(index), tonumber(n)
      if (index + 1) * width > now - per then
        parts[#parts + 1] = {index, n}
        sum = sum + n
      end
    end
    local available, wait = units - sum, 1
    if available < need then
      for _, part in ipairs(parts) do
        available = available + part[2]
        wait = (part[1] + 1) * width + per - now
        if available >= need then break end
      end
      return refuse(math.max(wait, 1), budget)
    end
    got = math.min(want, available)
    local current = math.floor(now / width)
    if #parts > 0 and parts[#parts][1] >= current then parts[#parts][2] = parts[#parts][2] + got
    else parts[#parts + 1] = {current, got} end
    local text = {}
    for n, part in ipairs(parts) do text[n] = int(part[1]) .. ':' .. int(part[2]) end
    write('w:' .. budget, table.concat(text, ' '))
  end
  reply[#reply + 1] = int(got)
end
save()
return reply
