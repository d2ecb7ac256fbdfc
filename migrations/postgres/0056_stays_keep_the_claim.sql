-- A claim lasts as long as the stay. The house where the patient lies may send the patient on: the claim goes along, and comes back when that does not
-- come about.
ALTER TABLE patient_claim ADD COLUMN before_district BIGINT;
ALTER TABLE patient_claim ADD COLUMN before_referral UUID;

CREATE INDEX patient_claim_referral ON patient_claim (referral_id);
CREATE INDEX patient_claim_before ON patient_claim (before_referral) WHERE before_referral IS NOT NULL;
