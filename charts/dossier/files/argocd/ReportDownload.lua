-- A link that has expired has done what it is for.
local status = obj.status or {}
local message = "waits for the operator"
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    message = condition.reason .. ": " .. condition.message
  end
end
if status.phase == "Ready" or status.phase == "Expired" then
  return { status = "Healthy", message = message }
end
if status.phase == "Failed" then
  return { status = "Degraded", message = message }
end
return { status = "Progressing", message = message }
