//! Recalls, from the first suspicion to the closing report.
