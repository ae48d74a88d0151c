/* SPDX-License-Identifier: Apache-2.0 */
#include "app/look/event.h"

#include "base/cleanup.h"

/* Meaning and cause of 20050 to 20077: Microsoft's article on troubleshooting agents. 20049, and 21001 to 21036 where
 * that article is silent: from what the product's own event texts say. */
static const pc_scom_event events[] = {
    { 20049, "the certificate was not loaded: key usage",
      "The key usage of the certificate that is named in the registry lacks digitalSignature or keyEncipherment.",
      "Have a certificate issued with key usage 0xa0 (or 0xf0), and import it with MOMCertImport or a kit.", "KU" },
    { 20050, "the certificate was not loaded: extended key usage",
      "The certificate lacks server authentication (1.3.6.1.5.5.7.3.1) or client authentication (1.3.6.1.5.5.7.3.2). A "
      "missing extension does not stand for all uses.",
      "Have a certificate issued with both, and import it.", "EKU" },
    { 20051, "the certificate was not loaded: it is not valid now",
      "The certificate has expired or is not valid yet, or the clock of the computer is wrong.",
      "Correct the clock, or renew the certificate (`p11cert renew`) and import the new one.", "TIME EXPIRY" },
    { 20052, "the certificate was not loaded: subject name",
      "The subject does not name the computer as DNS does. The first CN must be its FQDN, in a workgroup its host "
      "name.",
      "Have a certificate issued with CN = the FQDN, and import it.", "SUBJ-CN SUBJ-FIRST SUBJ-DUP" },
    { 20053, "the certificate was loaded", "This event reports success.",
      "Nothing. If the channel still does not work, look at events 20070 to 20072 and 21001 to 21016.", NULL },
    { 20057, "the security context could not be initialised",
      "Kerberos or Schannel failed: a service principal name is missing, or both sides have no TLS version in common.",
      "Between computers of one forest, check the SPN (setspn -L). Otherwise check that both sides have a certificate "
      "and the same TLS versions.",
      NULL },
    { 20066, "the certificate was not found",
      "The registry names a serial number, but LocalMachine\\My has no certificate with it: it was removed or renewed, "
      "is "
      "in another store, or the value is not reversed correctly.",
      "Import the certificate into the computer's Personal store, then run MOMCertImport again, or import.reg of a "
      "kit.",
      "REG" },
    { 20068, "the private key cannot be used",
      "The certificate is there, but without a usable private key: the key is not on this computer, or not bound.",
      "If the key is on the computer: certutil -repairstore my SERIAL. Otherwise import the PFX again (`p11cert kit`).",
      "KEY-PRIV KEY-MACHINE" },
    { 20069, "KeySpec must be AT_KEYEXCHANGE",
      "The key is for signatures only, or a key storage provider (KSP) holds it, which Operations Manager does not "
      "support.",
      "Import the PFX with certutil -csp \"Microsoft RSA SChannel Cryptographic Provider\" -importPFX my FILE "
      "AT_KEYEXCHANGE, which install.ps1 of a kit does; or create a request with KeySpec = 1.",
      "KEY-SPEC KEY-CSP" },
    { 20070, "the connection was closed right after authentication",
      "The other side knows who this computer is, but does not accept it: most often the agent is not approved.",
      "Approve the agent in the Operations console (Administration, Pending Management), or allow manual installation.",
      NULL },
    { 20071, "the connection was closed without authentication",
      "The other side closed the connection on port 5723 before it authenticated: most often it does not trust the "
      "root "
      "of this computer's certificate, or this computer does not trust the other's.",
      "Import each side's root into \"Trusted Root Certification Authorities\" of the other, and the intermediate CAs "
      "too. Look for 20072 and 21036 on both sides.",
      "CHAIN" },
    { 20072, "the certificate of the other side is not trusted",
      "The root of the other side's certificate is not among the trusted roots of this computer.",
      "Import that root into \"Trusted Root Certification Authorities\" of the local computer.", "CHAIN" },
    { 20077, "the properties of the certificate cannot be read",
      "Usually the private key is missing or cannot be opened by the service.", "As for 20068.", "KEY-PRIV" },
    { 21001, "no connection: mutual authentication failed",
      "The agent could not connect because mutual authentication failed: in a domain, Kerberos; outside, certificates.",
      "In a domain, check the SPN MSOMHSvc/SERVER. Outside, both sides need a certificate (event 20053).", NULL },
    { 21002, "a connection was refused: mutual authentication failed",
      "The same as 21001, on the side that was connected to.",
      "As for 21001: check SPN, trust between the domains, and the certificates of both sides.", NULL },
    { 21005, "the name of the server cannot be resolved", "DNS has no address for the management server or gateway.",
      "Check DNS and the name under which the agent was installed; it must be the name in the certificate.", NULL },
    { 21006, "no connection to the server",
      "The server cannot be reached on TCP port 5723: a firewall, or no service that listens (error 10061).",
      "Open the port from this computer to the server, and check that the service HealthService runs there.", NULL },
    { 21007, "no mutually authenticated connection: the domain is not trusted",
      "The server is in a domain that this one does not trust, and no certificate is in use.",
      "Install a certificate on both sides (`p11cert kit`) and look for event 20053.", NULL },
    { 21016, "no channel, and no other server to use",
      "Sums up what failed before: the events right before this one say why.",
      "Look at events 20050 to 20077 and 21001 to 21007 before it.", NULL },
    { 21021, "no certificate was loaded or created",
      "The service has neither the certificate named in the registry nor one of its own.",
      "Look at the events before it; then restart the service.", NULL },
    { 21022, "no certificate is named",
      "MOMCertImport was not run on this computer. Kerberos still works within the forest.",
      "If the computer needs a certificate, run MOMCertImport or import.reg of a kit.", "REG" },
    { 21036, "the certificate that is named cannot be used for authentication",
      "Sums up 20049 to 20052, 20066 to 20069 and 20077, one of which comes before it.",
      "Look at the event before it. `p11cert check CERTIFICATE --policy scom --fqdn NAME` finds most causes in "
      "advance.",
      "KU EKU TIME SUBJ-CN KEY-PRIV KEY-SPEC" },
};

const pc_scom_event *pc_scom_event_find(unsigned long id)
{
    for (size_t i = 0; i < PC_COUNT(events); i++) {
        if (events[i].id == id) {
            return &events[i];
        }
    }
    return NULL;
}
