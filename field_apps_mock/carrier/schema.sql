-- What the double keeps between restarts. Times are seconds since 1970, UTC.
CREATE TABLE IF NOT EXISTS messages (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    sid TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    status TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sender TEXT,
    service_sid TEXT,
    body TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    sent_at REAL,
    valid_until REAL,
    callback_url TEXT,
    error_code INTEGER,
    hidden_until REAL,
    body_sha256 TEXT NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS messages_recipient ON messages (recipient, row);
CREATE INDEX IF NOT EXISTS messages_sender ON messages (sender, row);
CREATE INDEX IF NOT EXISTS messages_duplicates ON messages (recipient, body_sha256);

-- What happens next to a message, and when. `outcome` is the status to move to.
CREATE TABLE IF NOT EXISTS steps (
    step INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES messages (row),
    outcome TEXT NOT NULL,
    error_code INTEGER,
    due_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS steps_due ON steps (due_at);

-- What Aliyun keeps of a message besides: its own receipt id, and the caller's.
CREATE TABLE IF NOT EXISTS aliyun_messages (
    message INTEGER PRIMARY KEY REFERENCES messages (row),
    biz_id TEXT NOT NULL,
    out_id TEXT NOT NULL,
    template_code TEXT NOT NULL
);

-- Callbacks still to be posted; `fields` is JSON.
CREATE TABLE IF NOT EXISTS callbacks (
    callback INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    fields TEXT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_at);

CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);

-- Sender and phone pairs that a STOP word has blocked at the carrier.
CREATE TABLE IF NOT EXISTS blocks (recipient TEXT NOT NULL, sender TEXT NOT NULL, PRIMARY KEY (recipient, sender));
