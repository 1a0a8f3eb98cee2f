SOURCE_URL={{ url }}
SOURCE_SECRET={{ secret }}

ID=evt-$(date +%s)-$RANDOM
NOW=$(date +%s)
BODY='{"type": "conversation.escalated", "timestamp": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'", "data": {
  "conversation": {"id": "first-'$NOW'", "channel": "web", "language": "en"},
  "requester": {"name": "Ada", "email": "ada@example.com"},
  "reason": {"code": "customer_request", "text": "The customer asks for a person."},
  "transcript": [
    {"id": "m-1", "author": {"role": "customer"}, "text": "My parcel 4711 is lost."},
    {"id": "m-2", "author": {"role": "ai"}, "text": "I am sorry, I cannot find it."},
    {"id": "m-3", "author": {"role": "customer"}, "text": "A human please."}],
  "transcript_complete": true}}'
KEY=$(printf %s "${SOURCE_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
SIGNATURE=$(printf %s "$ID.$NOW.$BODY" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A)

curl -sS "$SOURCE_URL" -H 'Content-Type: application/json' \
  -H "webhook-id: $ID" -H "webhook-timestamp: $NOW" -H "webhook-signature: v1,$SIGNATURE" \
  --data-binary "$BODY"
