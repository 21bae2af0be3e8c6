"""The words of docs/scale.md; every figure in it comes from `ml.scale`."""

from typing import Final

__all__ = ["DOCUMENT", "NOT_MEASURED", "PLACES", "SITES"]

NOT_MEASURED: Final = "not measured yet"

SITES: Final[dict[str, int]] = {"a large hospital": 10**5, "a country": 10**9}
"""Slices a day."""

PLACES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "Worklist, readings, readers' words, outlines",
        "PostgreSQL (`SULCUS_DATABASE_URL`)",
        "one for all apps; append-only rows, so replicas and backups are simple",
    ),
    (
        "Secret of the pseudonyms",
        "a secret file (`SULCUS_SECRET`), the same for all apps",
        "with another one the same patient gets another pseudonym",
    ),
    (
        "Kept pictures and received files",
        "a volume that all apps mount (`SULCUS_HOME`); past one machine a network file system or "
        "an object store mounted as one",
        "files are named by their content and written whole, so writers cannot collide; they go "
        "after `SULCUS_KEEP_DAYS`",
    ),
    (
        "Opened scans, what is chosen on screen",
        "memory of one app",
        "gone with the browser session; this is why a browser has to stay with its app",
    ),
    (
        "Decoded scans, readings, drawn layers",
        "memory of each app, by content hash and version of the networks",
        "only a cache: another app makes them again",
    ),
    (
        "Networks",
        "in the image, checked by hash",
        "loaded once a process, shared by all its sessions",
    ),
)
"""(what, where it goes, why)."""

DOCUMENT: Final = """\
# Past one machine

Written by `python -m ml.scale` from `assets/metrics/bench.json` (`make bench`). Nothing here is
typed in but the two sizes of site and the share of the day that the cores are planned to work.
A figure that nobody has taken is called "not measured yet".

## What one core reads

| Figure | Value |
| --- | --- |
| Processor | {processor} |
| Cores | {cores} |
| Load of the machine in the minute before | {load} |
| Pictures in the batch | {pictures} |
| Pictures a second, whole machine | {per_second} |
| Pictures a second and core | {per_core} |
| Peak memory of the batch, all processes, MB | {peak_mb} |
| One full reading, warm, median, ms | {median_ms} |

## What a site needs

Cores for reading alone, planned to work {busy} of the day; the rest is for peaks and for machines
that are lost. Slices are read apart from each other, so cores add up as long as the storage keeps
up; that has been tried with two workers on one machine, and with no larger cluster.

| Site | Slices a day | Slices a second, mean | Cores |
| --- | --- | --- | --- |
{sites}

## Batches on one machine

`python -m ml.batch PATH… --out DIR` reads in several processes, one a core as far as memory goes;
`--workers N` says how many, and 1 reads in the process itself. Each worker loads the networks once
and holds two groups of files at most. One that is lost is replaced and its group is read again, a
few times at most. Rows are in the order of the files, whatever the number of workers.

## Batches on a cluster

`python -m ml.batch PATH… --out DIR --engine ray --address HOST:6379` reads the same files into the
same table as without `--engine`, and an interrupted run goes on with either. Install
`requirements-ray.txt` on every machine, at the same version of this program.

- Workers read by path: the scans lie on storage that every machine mounts under the same name. One
  process writes the table, so each file has one row.
- Each worker takes one core and loads the networks once. It holds two blocks of files at most, and
  Ray starts no more than its object store has room for.
- A lost worker is started anew and its block is read again, a few times at most; then the run ends
  with the reason, and the same command goes on from there.
- A worker whose networks, thresholds or reference pictures differ from those of the machine that
  started the run stops it.
- Start the cluster with `ray start --head --disable-usage-stats`, and keep its ports on a network
  of its own: Ray asks nobody for a password and gives whoever reaches it the rights of its user.
- One table a run: for many millions of files start a run for each folder of a day.

## Where the app's state goes

| What | Where | Why |
| --- | --- | --- |
{places}

## Several apps behind one door

`compose.yaml` starts nginx, PostgreSQL and as many apps as `SULCUS_APPS` says (2 where it says
nothing). Before the first start:

```
openssl rand -hex 32 > secret            # of the pseudonyms: back it up
export SULCUS_HOST=reading.hospital.example SULCUS_DATABASE_PASSWORD=$(openssl rand -hex 24)
export SULCUS_SECRET_FILE=./secret SULCUS_CERTIFICATE=./chain.pem SULCUS_CERTIFICATE_KEY=./key.pem
docker compose up --build --detach
```

- **Sticky sessions.** An opened scan lives in the memory of one app, and an upload has to reach the
  app that holds the web socket. nginx gives each browser a random cookie and hashes it over the
  apps; addresses would not do, for a hospital has one. Where an app stops, its browsers go to
  another and open their files again; nothing that was written is lost.
- **Who may come in.** The door listens on 127.0.0.1 until `SULCUS_BIND` names another address. TLS
  is always on.
- **Nothing goes out.** The networks of the apps and of the database are internal: they reach each
  other and the door, and no other host.
- **Limits.** An upload may have what Streamlit takes and no more; one address may hold 200
  connections. The log has no address of a page, no name of a file and no reader.
- **Secrets.** The files are mounted as they are: the apps run as user 10001 and the door as user
  101, who have to be able to read theirs and nobody else.
- **More than one machine.** Put the same image behind the same door, PostgreSQL on a server of its
  own, and `SULCUS_HOME` on storage that all of them mount.

Checked here: the keys and names of `compose.yaml`, that it, the image and the door agree with the
app's own settings, and the door's settings by nginx itself. No image was built and no container
was started: there is no Docker daemon on the machine that this was written on.
"""
