//! An EVM chain: one transaction of the account to itself whose data is [`ledger::anchor::digest`] of the tree. Whoever has a
//! node of that chain finds the transaction, its data and its block's time.
//!
//! Transactions are EIP-1559, made and signed with Alloy's consensus types and a secp256k1 key; the node is spoken to in
//! JSON-RPC.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, Signature, TxKind, U256};
use bytes::Bytes;
use ground::Timestamp;
use k256::ecdsa::SigningKey;
use ledger::anchor::{Anchor, AnchorError, Sign, digest};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tlog::SignedCheckpoint;
use web::outbound::Client;

/// Tip where the node does not name one, wei per gas.
const TIP_WEI_DEFAULT: u128 = 1_000_000_000;
/// Most gas a transaction of this kind may ask for; more means that the node is mistaken.
const GAS_MAX: u64 = 200_000;

/// The chain behind a node.
pub struct ChainAnchor {
    client: Client,
    node: String,
    key: SigningKey,
    account: Address,
    confirmations: u64,
}

fn hex_number(value: &Value) -> Option<u128> {
    u128::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

impl ChainAnchor {
    /// Speaks to the node at `node` and pays with the account of `key` (64 hexadecimal digits).
    ///
    /// # Errors
    /// When the key is none; its text is not repeated.
    pub fn new(client: Client, node: &str, key: &str, confirmations: u64) -> Result<Self, String> {
        let bad = || "the anchor chain's key is not 64 hexadecimal digits of a secp256k1 key".to_owned();
        let text = key.trim();
        let bytes = hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| bad())?;
        let key = SigningKey::from_slice(&bytes).map_err(|_| bad())?;
        let account = Address::from_public_key(key.verifying_key());
        Ok(ChainAnchor { client, node: node.to_owned(), key, account, confirmations })
    }

    /// The account that pays and is written to.
    pub fn account(&self) -> String {
        self.account.to_checksum(None)
    }

    async fn call(&self, method: &str, params: Value) -> Result<Value, AnchorError> {
        call(&self.client, &self.node, method, params).await
    }

    async fn number(&self, method: &str, params: Value) -> Result<u128, AnchorError> {
        let value = self.call(method, params).await?;
        hex_number(&value).ok_or_else(|| AnchorError::Unreachable(format!("{method} answered {value}")))
    }

    async fn transaction(&self, data: &[u8]) -> Result<TxEip1559, AnchorError> {
        let account = self.account();
        let input = format!("0x{}", hex::encode(data));
        let chain_id = self.number("eth_chainId", json!([])).await?;
        let nonce = self.number("eth_getTransactionCount", json!([account, "pending"])).await?;
        let asked = json!([{"from": account, "to": account, "data": input}]);
        let gas = self.number("eth_estimateGas", asked).await?;
        let block = self.call("eth_getBlockByNumber", json!(["latest", false])).await?;
        let base = block.get("baseFeePerGas").and_then(hex_number).unwrap_or(0);
        let tip = self.number("eth_maxPriorityFeePerGas", json!([])).await.unwrap_or(TIP_WEI_DEFAULT);
        let gas_limit = u64::try_from(gas).ok().filter(|gas| *gas <= GAS_MAX);
        let refused = || AnchorError::Unreachable(format!("the node asks for {gas} gas"));
        Ok(TxEip1559 {
            chain_id: u64::try_from(chain_id).map_err(|_| refused())?,
            nonce: u64::try_from(nonce).map_err(|_| refused())?,
            gas_limit: gas_limit.ok_or_else(refused)?,
            // Twice the base fee outlasts six full blocks of rising fees.
            max_fee_per_gas: base.saturating_mul(2).saturating_add(tip),
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(self.account),
            value: U256::ZERO,
            access_list: alloy_eips::eip2930::AccessList::default(),
            input: data.to_vec().into(),
        })
    }

    fn sign(&self, transaction: TxEip1559) -> Result<TxEnvelope, AnchorError> {
        let hash = transaction.signature_hash();
        let signed = self.key.sign_prehash_recoverable(hash.as_slice());
        let (signature, recovery) = signed.map_err(|error| AnchorError::Unreachable(error.to_string()))?;
        Ok(TxEnvelope::from(transaction.into_signed(Signature::from((signature, recovery)))))
    }
}

/// One JSON-RPC call.
async fn call(client: &Client, node: &str, method: &str, params: Value) -> Result<Value, AnchorError> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    let sent = client.send(Method::POST, node, headers, Bytes::from(body)).await;
    let answer = sent.map_err(|error| AnchorError::Unreachable(error.to_string()))?;
    let unreadable = || AnchorError::Unreachable(format!("{method}: the node answered with status {}", answer.status));
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
    if let Some(error) = value.get("error").filter(|error| !error.is_null()) {
        let text = error.get("message").and_then(Value::as_str).unwrap_or("an error without words");
        return Err(AnchorError::Unreachable(format!("{method}: {text}")));
    }
    value.get("result").cloned().ok_or_else(unreadable)
}

/// Looks a transaction up and says whether its data is the digest of this tree, and how many blocks stand on it (1 for its
/// own). `None` while the chain does not have it in a block.
///
/// # Errors
/// What the node says; [`AnchorError::Contradiction`] when the data is another or the transaction failed.
pub async fn look_up(
    client: &Client,
    node: &str,
    reference: &str,
    expected: &[u8],
) -> Result<Option<u64>, AnchorError> {
    let Some(hash) = reference.rsplit(' ').next().filter(|hash| hash.starts_with("0x")) else {
        return Err(AnchorError::Contradiction(format!("{reference} names no transaction")));
    };
    let receipt = call(client, node, "eth_getTransactionReceipt", json!([hash])).await?;
    let Some(block) = receipt.get("blockNumber").and_then(hex_number) else { return Ok(None) };
    if receipt.get("status").and_then(hex_number) != Some(1) {
        return Err(AnchorError::Contradiction(format!("transaction {hash} failed")));
    }
    let transaction = call(client, node, "eth_getTransactionByHash", json!([hash])).await?;
    let input = transaction.get("input").or_else(|| transaction.get("data")).and_then(Value::as_str);
    let input = input.and_then(|input| hex::decode(input.trim_start_matches("0x")).ok());
    if input.as_deref() != Some(expected) {
        return Err(AnchorError::Contradiction(format!("transaction {hash} holds something else")));
    }
    let newest = call(client, node, "eth_blockNumber", json!([])).await?;
    let newest = hex_number(&newest).unwrap_or(block);
    Ok(Some(u64::try_from(newest.saturating_sub(block) + 1).unwrap_or(u64::MAX)))
}

#[async_trait::async_trait]
impl Anchor for ChainAnchor {
    fn kind(&self) -> &'static str {
        "evm"
    }

    fn place(&self) -> String {
        self.account()
    }

    async fn put(&self, tree: &SignedCheckpoint, _at: Timestamp, _sign: Sign<'_>) -> Result<String, AnchorError> {
        let data = digest(&tree.checkpoint.origin, tree.checkpoint.size, &tree.checkpoint.root);
        let transaction = self.transaction(&data).await?;
        let chain = transaction.chain_id;
        let signed = self.sign(transaction)?;
        let expected = format!("{:#x}", signed.tx_hash());
        let raw = format!("0x{}", hex::encode(signed.encoded_2718()));
        let hash = self.call("eth_sendRawTransaction", json!([raw])).await?;
        if hash.as_str().map(str::to_lowercase).as_deref() != Some(expected.as_str()) {
            let reason = format!("the node calls the transaction {hash}, it is {expected}");
            return Err(AnchorError::Contradiction(reason));
        }
        Ok(format!("chain {chain} {expected}"))
    }

    async fn is_final(&self, reference: &str, tree: &SignedCheckpoint) -> Result<Option<bool>, AnchorError> {
        let data = digest(&tree.checkpoint.origin, tree.checkpoint.size, &tree.checkpoint.root);
        match look_up(&self.client, &self.node, reference, &data).await {
            Ok(Some(blocks)) if blocks >= self.confirmations => Ok(Some(true)),
            Ok(_) => Ok(None),
            Err(AnchorError::Contradiction(reason)) => {
                tracing::error!(%reason, "an anchor on the chain is not what was sent");
                Ok(Some(false))
            }
            Err(error) => Err(error),
        }
    }
}
