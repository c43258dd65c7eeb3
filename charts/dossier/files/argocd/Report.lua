-- A Report ends once: with its file, or without. Its end stays what it is, whatever happens to the object later.
local status = obj.status or {}
local message = "waits for the operator"
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    message = condition.reason .. ": " .. condition.message
  end
end
if status.phase == "Ready" then
  return { status = "Healthy", message = message }
end
if status.phase == "Failed" then
  return { status = "Degraded", message = message }
end
return { status = "Progressing", message = message }
