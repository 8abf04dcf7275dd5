// One program for every daemon of a Kubernetes cluster, and for kubectl.
//
// The daemons share most of their code: one binary of 140 MB replaces seven of 60 to 140 MB each, and links once.
// It looks at the name it was called by (a symbolic link), or else at its first argument, and runs that program's own
// command unchanged, so that its flags and messages are those that Kubernetes documents.
//
// With END_WITH_STDIN set in its environment it ends when its standard input closes. Tests hold the other end: the
// daemons cannot outlive a test run that was killed, whichever thread started them (unlike PR_SET_PDEATHSIG).
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client-go metrics
	_ "k8s.io/component-base/metrics/prometheus/version"  // kubernetes_build_info
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func main() {
	if os.Getenv("END_WITH_STDIN") != "" {
		go endWithStdin()
	}
	name := filepath.Base(os.Args[0])
	if !run(name) {
		if len(os.Args) < 2 || !run(shift()) {
			fmt.Fprintln(os.Stderr, "usage: kubernetes PROGRAM [FLAGS], PROGRAM one of etcd, kube-apiserver, "+
				"kube-controller-manager, kube-proxy, kube-scheduler, kubectl, kubelet")
			os.Exit(2)
		}
	}
}

func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// shift makes the first argument the name of the program, as if it had been called by that name.
func shift() string {
	os.Args = os.Args[1:]
	return os.Args[0]
}

// run executes the named program and does not return if there is one of that name and it fails.
func run(name string) bool {
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			kubectlutil.CheckErr(err)
		}
	case "kube-apiserver":
		exec(apiserver.NewAPIServerCommand())
	case "kube-controller-manager":
		exec(controllers.NewControllerManagerCommand())
	case "kube-proxy":
		exec(proxy.NewProxyCommand())
	case "kube-scheduler":
		exec(scheduler.NewSchedulerCommand())
	case "kubelet":
		exec(kubelet.NewKubeletCommand(context.Background()))
	default:
		return false
	}
	return true
}

func exec(command *cobra.Command) {
	os.Exit(cli.Run(command))
}
