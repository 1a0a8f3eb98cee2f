SOURCE_URL={{ url }}
SOURCE_SECRET={{ secret }}

NOW=$(date +%s)
BODY='{"event": "conversation.escalated", "ts": '$NOW'000, "data": {
  "conversationId": "first-'$NOW'", "channel": "web", "reason": "customer_request",
  "customer": {"name": "Ada", "email": "ada@example.com"},
  "transcript": [
    {"role": "user", "content": "My parcel 4711 is lost."},
    {"role": "assistant", "content": "I am sorry, I cannot find it."},
    {"role": "user", "content": "A human please."}]}}'
SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac "$SOURCE_SECRET" -r | cut -d' ' -f1)

curl -sS "$SOURCE_URL" -H 'Content-Type: application/json' \
  -H "X-Bookbag-Signature: sha256=$SIGNATURE" --data-binary "$BODY"
