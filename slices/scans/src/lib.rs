//! What a scan of a code shows, and what scans tell about copied codes.
