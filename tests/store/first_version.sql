-- A store of the first version (database 0002), as that version's own code wrote it.
BEGIN TRANSACTION;
CREATE TABLE ai_results (
	id INTEGER NOT NULL, 
	scan_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	model_version VARCHAR(64) NOT NULL, 
	weights_hash VARCHAR(64) NOT NULL, 
	weights JSON NOT NULL, 
	flag VARCHAR(16) NOT NULL, 
	label VARCHAR(32), 
	probabilities JSON NOT NULL, 
	calibrated JSON NOT NULL, 
	prediction_set JSON, 
	uncertainty DOUBLE, 
	refusal VARCHAR(32), 
	gate_score DOUBLE, 
	gate_limit DOUBLE, 
	area_px INTEGER, 
	area_mm2 DOUBLE, 
	diameter_px DOUBLE, 
	diameter_mm DOUBLE, 
	in_training_set BOOLEAN NOT NULL, 
	seconds DOUBLE NOT NULL, 
	CONSTRAINT pk_ai_results PRIMARY KEY (id), 
	CONSTRAINT fk_ai_results_scan_id FOREIGN KEY(scan_id) REFERENCES scans (id), 
	CONSTRAINT uq_ai_results_scan_id_digest UNIQUE (scan_id, digest)
);
INSERT INTO "ai_results" VALUES(1,1,'2026-11-22 12:00:09.516529','df7e7e59b797819ac5948540b11840e685a55819fec3d69de8eb4423e2a79998','0000000000000000000000000000000000000000000000000000000000000001','380fa5db4cb7bc0fb07fddca253fa269cd0d7e5bf8169445bc7c13e06b1db350','{"mobilenet": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1"}','tumour','glioma','{"mean": [0.7, 0.1, 0.1, 0.1], "mobilenet": [0.7, 0.1, 0.1, 0.1]}','{}',NULL,0.3,NULL,0.5,0.4,321,NULL,22.5,NULL,0,0.25);
INSERT INTO "ai_results" VALUES(2,2,'2026-11-22 12:00:09.521717','2e49f563c19fe3facca54950832611fbb4c412b48a911c8e20d37e571d1e99dc','0000000000000000000000000000000000000000000000000000000000000001','380fa5db4cb7bc0fb07fddca253fa269cd0d7e5bf8169445bc7c13e06b1db350','{"mobilenet": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb1"}','stopped',NULL,'{}','{}',NULL,NULL,'blank',0.5,0.4,NULL,NULL,NULL,NULL,0,0.25);
INSERT INTO "ai_results" VALUES(3,2,'2026-11-22 12:00:09.525081','2096fa77919dc963c0b0c0c6e23d5916bc1760503855feed252e88e80b44cb88','0000000000000000000000000000000000000000000000000000000000000002','0d6183a83d823efb0f3e98f14895ec9e6e3027f0970752fdc5a62d6268323bf2','{"mobilenet": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb2"}','clear','no_tumor','{"mean": [0.1, 0.1, 0.7, 0.1], "mobilenet": [0.1, 0.1, 0.7, 0.1]}','{}',NULL,0.3,NULL,0.5,0.4,321,NULL,22.5,NULL,0,0.25);
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE readings (
	id INTEGER NOT NULL, 
	ai_result_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	reader VARCHAR(80) NOT NULL, 
	verdict VARCHAR(16) NOT NULL, 
	reason TEXT NOT NULL, 
	corrected_label VARCHAR(32), 
	blind_label VARCHAR(32), 
	changed_by_ai BOOLEAN, 
	seconds DOUBLE, 
	model_version VARCHAR(64) NOT NULL, 
	weights_hash VARCHAR(64) NOT NULL, 
	takes_back INTEGER, 
	CONSTRAINT pk_readings PRIMARY KEY (id), 
	CONSTRAINT fk_readings_ai_result_id FOREIGN KEY(ai_result_id) REFERENCES ai_results (id), 
	CONSTRAINT fk_readings_takes_back FOREIGN KEY(takes_back) REFERENCES readings (id), 
	CONSTRAINT uq_readings_takes_back UNIQUE (takes_back), 
	CONSTRAINT ck_readings_verdict CHECK (verdict IN ('agree', 'disagree', 'unsure', 'undone')), 
	CONSTRAINT ck_readings_undo CHECK ((verdict = 'undone') = (takes_back IS NOT NULL)), 
	CONSTRAINT ck_readings_corrected CHECK (corrected_label IS NULL OR verdict = 'disagree')
);
INSERT INTO "readings" VALUES(1,1,'2026-11-22 12:00:09.530830','A. Reader','agree','',NULL,'glioma',0,12.5,'0000000000000000000000000000000000000000000000000000000000000001','380fa5db4cb7bc0fb07fddca253fa269cd0d7e5bf8169445bc7c13e06b1db350',NULL);
INSERT INTO "readings" VALUES(2,3,'2026-11-22 12:00:09.537282','Ελένη Müller','disagree','it''s "darker"
than usual','meningioma','no_tumor',1,NULL,'0000000000000000000000000000000000000000000000000000000000000002','0d6183a83d823efb0f3e98f14895ec9e6e3027f0970752fdc5a62d6268323bf2',NULL);
INSERT INTO "readings" VALUES(3,1,'2026-11-22 12:00:09.541224','B. Reader','unsure','',NULL,NULL,NULL,NULL,'0000000000000000000000000000000000000000000000000000000000000001','380fa5db4cb7bc0fb07fddca253fa269cd0d7e5bf8169445bc7c13e06b1db350',NULL);
INSERT INTO "readings" VALUES(4,1,'2026-11-22 12:00:09.546855','B. Reader','undone','',NULL,NULL,NULL,NULL,'0000000000000000000000000000000000000000000000000000000000000001','380fa5db4cb7bc0fb07fddca253fa269cd0d7e5bf8169445bc7c13e06b1db350',3);
CREATE TABLE scans (
	id INTEGER NOT NULL, 
	content_hash VARCHAR(64) NOT NULL, 
	pseudonym VARCHAR(64) NOT NULL, 
	study_date DATE, 
	modality VARCHAR(16), 
	format VARCHAR(16) NOT NULL, 
	simulated BOOLEAN NOT NULL, 
	added_at DATETIME NOT NULL, 
	CONSTRAINT pk_scans PRIMARY KEY (id), 
	CONSTRAINT uq_scans_content_hash UNIQUE (content_hash)
);
INSERT INTO "scans" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000001','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1','2026-01-02','MR','DICOM',0,'2026-11-22 12:00:09.510025');
INSERT INTO "scans" VALUES(2,'0000000000000000000000000000000000000000000000000000000000000002','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2','2026-01-03','MR','DICOM',0,'2026-11-22 12:00:09.521003');
CREATE TABLE signatures (
	id INTEGER NOT NULL, 
	ai_result_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	reader VARCHAR(80) NOT NULL, 
	report_hash VARCHAR(64) NOT NULL, 
	takes_back INTEGER, 
	CONSTRAINT pk_signatures PRIMARY KEY (id), 
	CONSTRAINT fk_signatures_ai_result_id FOREIGN KEY(ai_result_id) REFERENCES ai_results (id), 
	CONSTRAINT fk_signatures_takes_back FOREIGN KEY(takes_back) REFERENCES signatures (id), 
	CONSTRAINT uq_signatures_takes_back UNIQUE (takes_back)
);
INSERT INTO "signatures" VALUES(1,1,'2026-11-22 12:00:09.553180','A. Reader','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',NULL);
INSERT INTO "signatures" VALUES(2,2,'2026-11-22 12:00:09.555248','B. Reader','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd',NULL);
INSERT INTO "signatures" VALUES(3,1,'2026-11-22 12:00:09.565976','A. Reader','cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc',1);
CREATE TRIGGER scans_no_UPDATE BEFORE UPDATE ON scans
BEGIN SELECT RAISE(ABORT, 'scans is append-only'); END;
CREATE TRIGGER scans_no_DELETE BEFORE DELETE ON scans
BEGIN SELECT RAISE(ABORT, 'scans is append-only'); END;
CREATE TRIGGER ai_results_no_UPDATE BEFORE UPDATE ON ai_results
BEGIN SELECT RAISE(ABORT, 'ai_results is append-only'); END;
CREATE TRIGGER ai_results_no_DELETE BEFORE DELETE ON ai_results
BEGIN SELECT RAISE(ABORT, 'ai_results is append-only'); END;
CREATE TRIGGER readings_no_UPDATE BEFORE UPDATE ON readings
BEGIN SELECT RAISE(ABORT, 'readings is append-only'); END;
CREATE TRIGGER readings_no_DELETE BEFORE DELETE ON readings
BEGIN SELECT RAISE(ABORT, 'readings is append-only'); END;
CREATE TRIGGER signatures_no_UPDATE BEFORE UPDATE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures is append-only'); END;
CREATE TRIGGER signatures_no_DELETE BEFORE DELETE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures is append-only'); END;
COMMIT;
