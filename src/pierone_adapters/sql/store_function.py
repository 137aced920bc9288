"""PostgreSQL's function that stores a manifest, binds its tags and records it, in one statement.

Made by revision 0002: another body needs a revision of its own.
"""

# What the function raises if a tag does not hold what was expected.
TAG_RACED = "TR001"

# Any number that nothing else in the database locks.
_EVENTS_LOCK = 7437_1001

# The values it takes are parameters of the call.
STORE_MANIFEST = f"""\
CREATE FUNCTION store_manifest(
    in_repository text, of_digest text, of_media_type text, of_subject text, of_artifact_type text,
    of_annotations text, of_data bytea, by_caller text, at_time text,
    tag_names text[], tags_expected text[], tags_immutable boolean[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    -- One writer at a time, from here until its commit can be seen: that makes sequences dense and in commit order,
    -- and since it is the first lock of all, two writers never wait for each other in a circle.
    PERFORM pg_advisory_xact_lock({_EVENTS_LOCK});
    SELECT coalesce(max(sequence), 0) INTO number FROM events;
    INSERT INTO repositories VALUES (in_repository) ON CONFLICT DO NOTHING;
    INSERT INTO manifests (repository, digest, media_type, subject, artifact_type, annotations, size, data)
        VALUES (in_repository, of_digest, of_media_type, of_subject, of_artifact_type, of_annotations,
                length(of_data), of_data)
        ON CONFLICT DO NOTHING;
    IF FOUND THEN
        number = number + 1;
        INSERT INTO events (sequence, at, kind, caller, repository, digest, media_type, size)
            VALUES (number, at_time, 'manifest_stored', by_caller, in_repository, of_digest, of_media_type,
                    length(of_data));
    END IF;
    FOR i IN 1 .. cardinality(tag_names) LOOP
        number = number + 1;
        IF tags_expected[i] IS NULL THEN
            INSERT INTO tags (repository, name, digest, immutable, author, bound_at, created)
                VALUES (in_repository, tag_names[i], of_digest, tags_immutable[i], by_caller, at_time, number)
                ON CONFLICT DO NOTHING;
        ELSE
            UPDATE tags SET digest = of_digest, author = by_caller, bound_at = at_time
                WHERE repository = in_repository AND name = tag_names[i]
                AND digest = tags_expected[i] AND NOT immutable;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'tag % does not hold what was expected', tag_names[i] USING ERRCODE = '{TAG_RACED}';
        END IF;
        INSERT INTO events (sequence, at, kind, caller, repository, tag, digest, previous, media_type, size)
            VALUES (number, at_time, CASE WHEN tags_expected[i] IS NULL THEN 'tag_bound' ELSE 'tag_moved' END,
                    by_caller, in_repository, tag_names[i], of_digest, tags_expected[i], of_media_type,
                    length(of_data));
    END LOOP;
END $$"""  # noqa: S608 - our own constants
