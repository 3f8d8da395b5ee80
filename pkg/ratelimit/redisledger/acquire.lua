-- One decision over all budgets and the slots of a scope: everything, or nothing.
-- The arithmetic is that of scope.go, gcra.go and window.go; the conformance suite holds both to it.
-- KEYS: the scope's hash, the set of the connection's scopes, the connection's life.
-- ARGV: scope, holder, priority, slots max, need, want, for (us), keep (ms), the calls that wait by priority (3), the
--       life that the asker knows, then per charge: budget, units, per (us), burst, need, want.
-- Reply: wait (us), blocked by, slots, now (us), life, cool, pace, paced, holders, askers, then of each charge the units
--        and what is kept of the budget. After "blocked by" a refusal says only now and life.
alive()
local scope, holder, priority = ARGV[1], ARGV[2], tonumber(ARGV[3])
local smax, sneed, swant, sfor, keep = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local FIRST = 13
local charges = (#ARGV - FIRST + 1) / 6
local state = redis.call('HMGET', KEYS[1], 'cool', 'pace', 'paced', 'holders', 'askers')

local writes, limits = {}, {}
local function write(field, value) writes[#writes + 1] = field; writes[#writes + 1] = value end
local function save()
  if #writes == 0 then return end
  redis.call('HSET', KEYS[1], unpack(writes))
  redis.call('SADD', KEYS[2], scope)
  redis.call('PEXPIRE', KEYS[1], keep)
  redis.call('PEXPIRE', KEYS[2], keep)
end
local function refusal(wait, by) return {int(wait), by, '0', int(now), life[1]} end

-- A ledger that lost its memory hears what was spent before it grants anything: see restore.lua.
if ARGV[12] ~= '' and ARGV[12] ~= life[1] then
  if not life[4] then redis.call('HSET', LIFE, 'recover', int(now + @RECOVER@)) end
  return refusal(1, 'recovering')
end
if tonumber(life[4] or 0) > now then
  if charges > 0 then return refusal(tonumber(life[4]) - now, 'recovering') end
  swant = sneed
end

local askers, asked, since, rank = {}, nil, now, priority
for name, prio, till, from, rest in string.gmatch(state[5] or '', '([^=\n]+)=(%d+):(%d+):(%d+):([^\n]*)') do
  local a = {name = name, prio = tonumber(prio), till = tonumber(till), since = tonumber(from), blocked = string.match(rest, '^%d+:%d+:%d+:%d+:(.*)$'), rest = rest}
  if a.till > now then
    if name == holder then asked = a else askers[#askers + 1] = a end
  end
end
if asked and asked.blocked ~= '' then since = asked.since end
local function ranked(prio, from) if now - from >= @OVERDUE@ then return 2 end return prio end
rank = ranked(priority, since)
local function note(till, from, need, queue, by)
  local text = {holder .. '=' .. int(priority) .. ':' .. int(till) .. ':' .. int(from) .. ':' .. int(need) .. ':' .. queue .. ':' .. by}
  for _, a in ipairs(askers) do
    text[#text + 1] = a.name .. '=' .. int(a.prio) .. ':' .. int(a.till) .. ':' .. int(a.since) .. ':' .. a.rest
  end
  write('askers', table.concat(text, '\n'))
end
local function refuse(wait, by, need, also)
  writes = also or {}
  for _, l in ipairs(limits) do writes[#writes + 1] = l end
  if charges > 0 then
    if by == 'cool-down' then since = now end
    note(now + @WAITER@, since, need, ARGV[9] .. ':' .. ARGV[10] .. ':' .. ARGV[11], by)
  end
  save()
  return refusal(wait, by)
end
local function behind(budget)
  for _, a in ipairs(askers) do
    if a.blocked == budget or a.blocked == 'cool-down' then
      local theirs = ranked(a.prio, a.since)
      if theirs > rank or (theirs == rank and a.since < since) then return true end
    end
  end
  return false
end

local cool = tonumber(state[1] or 0)
if cool > now and charges > 0 then return refuse(cool - now, 'cool-down', 0) end
for i = 0, charges - 1 do
  local at = FIRST + i * 6
  limits[#limits + 1] = 'l:' .. ARGV[at]
  limits[#limits + 1] = ARGV[at + 1] .. ':' .. ARGV[at + 2] .. ':' .. ARGV[at + 3]
  if behind(ARGV[at]) then return refuse(@SLOTRETRY@, ARGV[at], ARGV[at + 4]) end
end
local pace = math.min(tonumber(state[2] or 100) + @STEP@ * math.floor(math.max(now - tonumber(state[3] or 0), 0) / @INTERVAL@), 100)

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
    return refuse(@SLOTRETRY@, 'slots', 0, {'holders', table.concat(text, ' ')})
  end
  granted = got
  text[#text + 1] = holder .. '=' .. int(got) .. ':' .. int(now + sfor) .. ':' .. int(priority)
  state[4] = table.concat(text, ' ')
  write('holders', state[4])
  write('slots', int(smax))
end

local reply = {'0', '', int(granted), int(now), life[1], state[1] or '', state[2] or '', state[3] or '', state[4] or '', state[5] or ''}
for i = 0, charges - 1 do
  local at = FIRST + i * 6
  local budget = ARGV[at]
  local units, per, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local need, want = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if rank > priority then want = need end -- it goes first only since it has waited for long
  units = math.max(math.floor(units * pace / 100), 1)
  local got, kept
  if burst > 0 then
    burst = math.max(math.floor(burst * pace / 100), need)
    local function span(n) return math.floor((n * per + units - 1) / units) end
    local arrival = math.max(tonumber(redis.call('HGET', KEYS[1], 'g:' .. budget) or 0), now)
    local room = now + span(burst) - arrival
    local available = math.floor(room * units / per)
    if room < 0 or available < need then
      return refuse(math.max(arrival + span(need) - span(burst) - now, 1), budget, need)
    end
    got = math.min(want, available)
    kept = int(arrival + span(got))
    write('g:' .. budget, kept)
  else
    units = math.max(units, need)
    local width = math.floor((per + 39) / 40)
    local parts, sum = {}, 0
    for index, n in string.gmatch(redis.call('HGET', KEYS[1], 'w:' .. budget) or '', '(%d+):(%d+)') do
      index, n = tonumber(index), tonumber(n)
      if past(index, width, per) > now then
        parts[#parts + 1] = {index, n}
        sum = sum + n
      end
    end
    local available, wait = units - sum, 1
    if available < need then
      for _, part in ipairs(parts) do
        available = available + part[2]
        wait = past(part[1], width, per) - now
        if available >= need then break end
      end
      return refuse(math.max(wait, 1), budget, need)
    end
    got = math.min(want, available)
    local current = math.floor(now / width)
    if #parts > 0 and parts[#parts][1] >= current then parts[#parts][2] = parts[#parts][2] + got
    else parts[#parts + 1] = {current, got} end
    local text = {}
    for n, part in ipairs(parts) do text[n] = int(part[1]) .. ':' .. int(part[2]) end
    kept = table.concat(text, ' ')
    write('w:' .. budget, kept)
  end
  reply[#reply + 1] = int(got)
  reply[#reply + 1] = kept
end
if charges > 0 then
  for _, l in ipairs(limits) do writes[#writes + 1] = l end
  note(now + @ASKER@, 0, 0, '0:0:0', '')
end
save()
return reply
