-- What was asked for and not given, so that nobody asks again.

CREATE TABLE withheld (        -- keys for which a step ran and gave nothing
    asset TEXT NOT NULL,
    partition TEXT NOT NULL,
    key TEXT NOT NULL,
    previous TEXT,             -- id of the version that it compared with; '' where there was none to compare with
    PRIMARY KEY (asset, partition, key)
) WITHOUT ROWID;
