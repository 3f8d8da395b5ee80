-- Gives back units and, if asked, all slots of a holder. Nothing to give back to is no error.
-- KEYS: the scope's hash, the connection's life. ARGV: holder, whether to give up its slots (1 or 0), then per charge:
--       budget, units, per (us), burst, how many, when granted (us).
for at = 3, #ARGV, 6 do
  local budget = ARGV[at]
  local units, per, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local n, granted = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if burst > 0 then
    local arrival = redis.call('HGET', KEYS[1], 'g:' .. budget)
    if arrival then
      redis.call('HSET', KEYS[1], 'g:' .. budget, int(tonumber(arrival) - math.floor((n * per + units - 1) / units)))
    end
  else
    local index = int(math.floor(granted / math.floor((per + 39) / 40)))
    local held = redis.call('HGET', KEYS[1], 'w:' .. budget)
    if held then
      local text = {}
      for i, count in string.gmatch(held, '(%d+):(%d+)') do
        if i == index then count = int(math.max(tonumber(count) - n, 0)) end
        text[#text + 1] = i .. ':' .. count
      end
      redis.call('HSET', KEYS[1], 'w:' .. budget, table.concat(text, ' '))
    end
  end
end
if ARGV[2] == '1' then
  local text = {}
  for entry, name in string.gmatch(redis.call('HGET', KEYS[1], 'holders') or '', '(([^ =]+)=[%d:]+)') do
    if name ~= ARGV[1] then text[#text + 1] = entry end
  end
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'holders', table.concat(text, ' ')) end
end
return 1
