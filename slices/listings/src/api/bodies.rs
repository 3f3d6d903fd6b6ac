//! The JSON shapes.

use crate::content::{Batch, Content, Document};
use crate::model::{Listing, Run, Version, decision_name};
use crate::versions::Detail;
use kernel::{Kernel, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a version says.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ListingContent)]
pub(crate) struct ContentBody {
    pub title: String,
    pub description: String,
    /// Slash path from the root: `food/health-food`.
    pub category: String,
    pub brand: String,
    pub gtin: String,
    /// Minor units (fen, cents).
    pub price_minor: Option<i64>,
    /// The crossed-out reference price, minor units.
    pub list_price_minor: Option<i64>,
    /// ISO 4217; `CNY` where it is left out and there is a price.
    pub currency: String,
    pub attributes: BTreeMap<String, String>,
    /// Content hashes of uploaded pictures (`POST /v1/pictures`), the main one first.
    pub images: Vec<String>,
    pub documents: Vec<DocumentBody>,
    pub batch: BatchBody,
}

/// A document as the merchant states it; dates are `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ListingDocument)]
pub(crate) struct DocumentBody {
    pub kind: String,
    pub number: String,
    pub holder: String,
    pub product: String,
    pub brand: String,
    pub lot: String,
    pub standard: String,
    pub scope: String,
    pub issuer: String,
    pub accreditation: String,
    pub issued: String,
    pub from: String,
    pub until: String,
    pub sha256: String,
}

/// The batch that is sold.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ListingBatch)]
pub(crate) struct BatchBody {
    pub lot: String,
    pub produced: String,
    pub expires: String,
    pub origin: String,
}

/// The fields nobody knows. `deny_unknown_fields` does not work beside `flatten`; a misspelt field must not be lost in
/// silence.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Unknown {
    #[serde(flatten)]
    fields: BTreeMap<String, serde_json::Value>,
}

impl Unknown {
    /// Refuses them, the first hundred by name.
    ///
    /// # Errors
    /// `invalid_input` with a fault for each.
    pub(crate) fn refuse(&self) -> Result<()> {
        const FAULTS_MAX: usize = 100;
        let fault = |name: &String| {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            let pointer = format!("/{}", shown.replace('~', "~0").replace('/', "~1"));
            ground::Fault::field(pointer, "listings-fault-field-unknown").arg("name", shown)
        };
        ground::Problem::check(self.fields.keys().take(FAULTS_MAX).map(fault).collect())
    }
}

impl ContentBody {
    /// The content, with what is known of its pictures.
    pub(crate) async fn read(self, kernel: &Kernel, merchant_id: Option<&str>) -> Result<Content> {
        let images = crate::resolve_pictures(kernel, merchant_id, &self.images).await?;
        let priced = self.price_minor.is_some() || self.list_price_minor.is_some();
        let documents = self.documents.into_iter().map(|d| Document {
            kind: d.kind,
            number: d.number,
            holder: d.holder,
            product: d.product,
            brand: d.brand,
            lot: d.lot,
            standard: d.standard,
            scope: d.scope,
            issuer: d.issuer,
            accreditation: d.accreditation,
            issued: d.issued,
            from: d.from,
            until: d.until,
            sha256: d.sha256,
        });
        Ok(Content {
            title: self.title,
            description: self.description,
            category: self.category,
            brand: self.brand,
            gtin: self.gtin,
            price_minor: self.price_minor,
            list_price_minor: self.list_price_minor,
            currency: if self.currency.is_empty() && priced { "CNY".to_owned() } else { self.currency },
            attributes: self.attributes,
            images,
            documents: documents.collect(),
            batch: Batch {
                lot: self.batch.lot,
                produced: self.batch.produced,
                expires: self.batch.expires,
                origin: self.batch.origin,
            },
        })
    }

    fn of(content: &Content) -> ContentBody {
        let documents = content.documents.iter().cloned().map(|d| DocumentBody {
            kind: d.kind,
            number: d.number,
            holder: d.holder,
            product: d.product,
            brand: d.brand,
            lot: d.lot,
            standard: d.standard,
            scope: d.scope,
            issuer: d.issuer,
            accreditation: d.accreditation,
            issued: d.issued,
            from: d.from,
            until: d.until,
            sha256: d.sha256,
        });
        ContentBody {
            title: content.title.clone(),
            description: content.description.clone(),
            category: content.category.clone(),
            brand: content.brand.clone(),
            gtin: content.gtin.clone(),
            price_minor: content.price_minor,
            list_price_minor: content.list_price_minor,
            currency: content.currency.clone(),
            attributes: content.attributes.clone(),
            images: content.images.iter().map(|image| image.sha256.clone()).collect(),
            documents: documents.collect(),
            batch: BatchBody {
                lot: content.batch.lot.clone(),
                produced: content.batch.produced.clone(),
                expires: content.batch.expires.clone(),
                origin: content.batch.origin.clone(),
            },
        }
    }
}

/// A listing in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Listing)]
pub(crate) struct ListingBody {
    pub id: String,
    pub merchant_id: String,
    pub market: String,
    /// The shop's own number.
    pub external_id: String,
    pub title: String,
    pub category: String,
    pub price_minor: Option<i64>,
    pub currency: String,
    /// `draft`, `submitted`, `screening`, `passed`, `in_review`, `rejected`, `on_sale`, `restricted`, `suspended`, `removed`.
    pub state: String,
    /// The latest version.
    pub version_id: String,
    /// Its number, to be named in the next change.
    pub number: i64,
    /// Its state: `draft`, `submitted`, `screening`, `passed`, `in_review`, `rejected`, `superseded`.
    pub version_state: String,
    /// The version a consumer sees.
    pub on_sale_version_id: Option<String>,
    /// The act that put it on sale.
    pub on_sale_act_id: Option<String>,
    /// Decision of the newest screening: `pass`, `review`, `reject`.
    pub decision: Option<String>,
    /// Findings that count.
    pub findings: u32,
    pub created_at: String,
    pub updated_at: String,
}

impl ListingBody {
    pub(crate) fn of(listing: Listing) -> ListingBody {
        ListingBody {
            state: listing.state.name().to_owned(),
            version_state: listing.latest_state.name().to_owned(),
            decision: listing.decision.map(|decision| decision_name(decision).to_owned()),
            created_at: listing.created_at.to_rfc3339(),
            updated_at: listing.updated_at.to_rfc3339(),
            id: listing.id,
            merchant_id: listing.merchant_id,
            market: listing.market,
            external_id: listing.external_id,
            title: listing.title,
            category: listing.category,
            price_minor: listing.price_minor,
            currency: listing.currency,
            version_id: listing.latest_version_id,
            number: listing.latest_number,
            on_sale_version_id: listing.on_sale_version_id,
            on_sale_act_id: listing.on_sale_act_id,
            findings: listing.findings,
        }
    }
}

/// One version.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ListingVersion)]
pub(crate) struct VersionBody {
    pub id: String,
    pub number: i64,
    pub state: String,
    /// SHA-256 of the canonical content.
    pub content_sha256: String,
    pub created_at: String,
    pub submitted_at: Option<String>,
    pub decided_at: Option<String>,
    /// The act of the decision.
    pub decided_act_id: Option<String>,
    pub content: ContentBody,
}

impl VersionBody {
    pub(crate) fn of(version: &Version) -> VersionBody {
        VersionBody {
            id: version.id.clone(),
            number: version.number,
            state: version.state.name().to_owned(),
            content_sha256: version.content_hash.clone(),
            created_at: version.created_at.to_rfc3339(),
            submitted_at: version.submitted_at.map(|at| at.to_rfc3339()),
            decided_at: version.decided_at.map(|at| at.to_rfc3339()),
            decided_act_id: version.decided_act_id.clone(),
            content: ContentBody::of(&version.content),
        }
    }
}

/// One screening: decision and findings in the form of `touchstone screen`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Screening)]
pub(crate) struct RunBody {
    pub version_id: String,
    pub at: String,
    /// Content hash of the policy pack.
    pub pack_version: String,
    pub decision: String,
    /// Each with check, rule, severity, field, start and end in characters, text, reason, basis, fix.
    #[schema(value_type = Vec<Object>)]
    pub findings: Vec<screening::Finding>,
    pub act_id: String,
}

impl RunBody {
    fn of(run: Run) -> RunBody {
        RunBody {
            version_id: run.version_id,
            at: run.at.to_rfc3339(),
            pack_version: run.pack_version,
            decision: decision_name(run.decision).to_owned(),
            findings: run.findings,
            act_id: run.act_id,
        }
    }
}

/// A hold: why a listing is off sale although its version passed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ListingHold)]
pub(crate) struct HoldBody {
    /// `screening`, `qualification`, `merchant` or `decision`.
    pub cause: String,
    pub reference: String,
    pub reason: String,
    pub since: String,
    pub act_id: String,
}

/// A listing with its versions, its newest screening, its holds and what its merchant lacks.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ListingDetail)]
pub(crate) struct DetailBody {
    pub listing: ListingBody,
    /// Newest first, at most 50.
    pub versions: Vec<VersionBody>,
    pub screening: Option<RunBody>,
    pub holds: Vec<HoldBody>,
    /// Whether the merchant may sell the category.
    pub may_sell: bool,
    /// What is missing where not.
    pub missing: Vec<String>,
    /// Ids of the acts, newest first.
    pub acts: Vec<String>,
}

impl DetailBody {
    pub(crate) fn of(detail: Detail) -> DetailBody {
        DetailBody {
            versions: detail.versions.iter().map(VersionBody::of).collect(),
            screening: detail.run.map(RunBody::of),
            holds: detail
                .holds
                .into_iter()
                .map(|hold| HoldBody {
                    cause: hold.cause.name().to_owned(),
                    reference: hold.reference,
                    reason: hold.reason,
                    since: hold.since.to_rfc3339(),
                    act_id: hold.act_id,
                })
                .collect(),
            may_sell: detail.standing.may_sell,
            missing: detail.standing.missing,
            acts: detail.acts.into_iter().map(|act| act.id).collect(),
            listing: ListingBody::of(detail.listing),
        }
    }
}
